using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Products;

/// <summary>
/// The product of 4-bit weights for one token or a few: codes are read once from memory, looked up as 16-bit integers in registers and multiplied by
/// activations of 15 bits; each block's exact sum is scaled in float32.
/// </summary>
/// <param name="codes">[rows, rowBytes]: two codes per byte, the first one in its upper half.</param>
/// <param name="rowBytes">Bytes per row.</param>
/// <param name="scales">One per block.</param>
/// <param name="blockSize">Elements per block: 32 or 64; rows are whole blocks.</param>
internal sealed unsafe class FourBitDot<TCode>(byte* codes, long rowBytes, BlockScales scales, int blockSize)
    where TCode : IFourBitCode
{
    /// <summary>Elements that activations are filled up to: those of the largest register.</summary>
    private const int Padding = 128;

    private int BlocksPerRow => (int)(2 * rowBytes / blockSize);

    /// <summary>Rounds activations and puts them into the order that the processor's lookup wants.</summary>
    /// <param name="x">[tokens, columns].</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="columns">Values per token; at most two per byte of a row.</param>
    /// <param name="factors">[tokens]: what a sum is multiplied by.</param>
    /// <param name="pool">The threads.</param>
    /// <returns>[tokens, elements of a row filled up].</returns>
    public short* Prepare(float* x, int tokens, int columns, float* factors, WorkerPool pool)
    {
        int padded = PaddedLength;
        short* rounded = (short*)Scratch.Floats(Scratch.Purpose.Words, (long)tokens * padded / 2);
        short* ordered = (short*)Scratch.Floats(Scratch.Purpose.Gathered, (long)tokens * padded / 2);
        QuantizedActivations.ToPairs(x, tokens, columns, FourBitTable<TCode>.LargestActivation, rounded, padded, factors, pool);
        for (long chunk = 0; chunk < (long)tokens * padded; chunk += Padding)
        {
            if (Avx512BW.IsSupported)
            {
                Order<NibbleLanes512, Vector512<float>>(rounded + chunk, ordered + chunk);
            }
            else if (Avx2.IsSupported)
            {
                Order<NibbleLanes256, Vector256<float>>(rounded + chunk, ordered + chunk);
            }
            else
            {
                Order<NibbleLanes128, Vector128<float>>(rounded + chunk, ordered + chunk);
            }
        }
        for (int token = 0; token < tokens; token++)
        {
            factors[token] /= FourBitTable<TCode>.Unit;
        }
        return ordered;
    }

    private int PaddedLength => (int)(((2 * rowBytes) + Padding - 1) / Padding * Padding);

    /// <summary>y[t · <paramref name="yStride"/> + r] = Σ_c x[t, c] · w[first + r, c].</summary>
    public void Rows(int first, int count, short* x, float* factors, int tokens, float* y, int yStride)
    {
        if (Avx512BW.IsSupported)
        {
            Rows<NibbleLanes512, Lanes512, Vector512<float>>(first, count, x, factors, tokens, y, yStride);
        }
        else if (Avx2.IsSupported)
        {
            Rows<NibbleLanes256, Lanes256, Vector256<float>>(first, count, x, factors, tokens, y, yStride);
        }
        else
        {
            Rows<NibbleLanes128, Lanes128, Vector128<float>>(first, count, x, factors, tokens, y, yStride);
        }
    }

    private static void Order<TNibbles, TVector>(short* source, short* destination)
        where TNibbles : INibbleLanes<TVector>
        where TVector : unmanaged
    {
        ReadOnlySpan<byte> elements = ElementOrder<TNibbles, TVector>.Elements;
        for (int place = 0; place < elements.Length; place++)
        {
            destination[place] = source[elements[place]];
        }
    }

    private void Rows<TNibbles, TLanes, TVector>(int first, int count, short* x, float* factors, int tokens, float* y, int yStride)
        where TNibbles : INibbleLanes<TVector>
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        switch (scales)
        {
            case Float32Scales stored:
                Rows<TNibbles, TLanes, TVector, Float32Element, float>(first, count, stored.Pointer, x, factors, tokens, y, yStride);
                break;
            case BFloat16Scales stored:
                Rows<TNibbles, TLanes, TVector, BFloat16Element, ushort>(first, count, stored.Pointer, x, factors, tokens, y, yStride);
                break;
            default:
                float* decoded = Scratch.Floats(Scratch.Purpose.Decoded, (long)count * BlocksPerRow);
                scales.Read((long)first * BlocksPerRow, new Span<float>(decoded, count * BlocksPerRow));
                Rows<TNibbles, TLanes, TVector, Float32Element, float>(
                    first, count, decoded - ((long)first * BlocksPerRow), x, factors, tokens, y, yStride);
                break;
        }
    }

    private void Rows<TNibbles, TLanes, TVector, TElement, TStored>(
        int first, int count, TStored* stored, short* x, float* factors, int tokens, float* y, int yStride)
        where TNibbles : INibbleLanes<TVector>
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int blocks = BlocksPerRow;
        int padded = PaddedLength;
        int group = count / DotProduct.RowGroup;
        for (int i = 0; i < group; i++)
        {
            for (int token = 0; token < tokens; token++)
            {
                EightRows<TNibbles, TLanes, TVector, TElement, TStored>(
                    codes + ((first + i) * rowBytes),
                    group * rowBytes,
                    stored + ((long)(first + i) * blocks),
                    (nint)group * blocks,
                    x + ((long)token * padded),
                    factors[token],
                    y + ((long)token * yStride) + i,
                    group);
            }
        }
        for (int row = DotProduct.RowGroup * group; row < count; row++)
        {
            for (int token = 0; token < tokens; token++)
            {
                y[((long)token * yStride) + row] = factors[token] * OneRow<TNibbles, TLanes, TVector, TElement, TStored>(
                    codes + ((first + row) * rowBytes), stored + ((long)(first + row) * blocks), x + ((long)token * padded));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void EightRows<TNibbles, TLanes, TVector, TElement, TStored>(
        byte* w0, long wStride, TStored* s0, nint sStride, short* x, float factor, float* y, nint yStride)
        where TNibbles : INibbleLanes<TVector>
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        byte* w1 = w0 + wStride;
        byte* w2 = w1 + wStride;
        byte* w3 = w2 + wStride;
        byte* w4 = w3 + wStride;
        byte* w5 = w4 + wStride;
        byte* w6 = w5 + wStride;
        byte* w7 = w6 + wStride;
        TVector a0 = TLanes.Zero, a1 = TLanes.Zero, a2 = TLanes.Zero, a3 = TLanes.Zero;
        TVector a4 = TLanes.Zero, a5 = TLanes.Zero, a6 = TLanes.Zero, a7 = TLanes.Zero;
        int size = blockSize;
        long whole = rowBytes - (rowBytes % TNibbles.Bytes);
        long i = 0;
        for (; i < whole; i += TNibbles.Bytes)
        {
            TStored* s = s0 + (size == 64 ? i >> 5 : i >> 4);
            a0 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w0 + i, x + (2 * i)), TNibbles.Scales<TElement, TStored>(s, size), a0);
            s += sStride;
            a1 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w1 + i, x + (2 * i)), TNibbles.Scales<TElement, TStored>(s, size), a1);
            s += sStride;
            a2 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w2 + i, x + (2 * i)), TNibbles.Scales<TElement, TStored>(s, size), a2);
            s += sStride;
            a3 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w3 + i, x + (2 * i)), TNibbles.Scales<TElement, TStored>(s, size), a3);
            s += sStride;
            a4 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w4 + i, x + (2 * i)), TNibbles.Scales<TElement, TStored>(s, size), a4);
            s += sStride;
            a5 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w5 + i, x + (2 * i)), TNibbles.Scales<TElement, TStored>(s, size), a5);
            s += sStride;
            a6 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w6 + i, x + (2 * i)), TNibbles.Scales<TElement, TStored>(s, size), a6);
            s += sStride;
            a7 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w7 + i, x + (2 * i)), TNibbles.Scales<TElement, TStored>(s, size), a7);
        }
        y[0] = TLanes.Sum(a0) * factor;
        y[yStride] = TLanes.Sum(a1) * factor;
        y[2 * yStride] = TLanes.Sum(a2) * factor;
        y[3 * yStride] = TLanes.Sum(a3) * factor;
        y[4 * yStride] = TLanes.Sum(a4) * factor;
        y[5 * yStride] = TLanes.Sum(a5) * factor;
        y[6 * yStride] = TLanes.Sum(a6) * factor;
        y[7 * yStride] = TLanes.Sum(a7) * factor;
        for (int row = 0; i < rowBytes && row < DotProduct.RowGroup; row++)
        {
            y[row * yStride] += Rest<TNibbles, TLanes, TVector, TElement, TStored>(w0 + (row * wStride), s0 + (row * sStride), x, i) * factor;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float OneRow<TNibbles, TLanes, TVector, TElement, TStored>(byte* w, TStored* s, short* x)
        where TNibbles : INibbleLanes<TVector>
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        TVector a = TLanes.Zero;
        long whole = rowBytes - (rowBytes % TNibbles.Bytes);
        long i = 0;
        for (; i < whole; i += TNibbles.Bytes)
        {
            a = TLanes.MultiplyAdd(
                TNibbles.Dot<TCode>(w + i, x + (2 * i)), TNibbles.Scales<TElement, TStored>(s + (2 * i / blockSize), blockSize), a);
        }
        float sum = TLanes.Sum(a);
        return i == rowBytes ? sum : sum + Rest<TNibbles, TLanes, TVector, TElement, TStored>(w, s, x, i);
    }

    /// <summary>
    /// The last bytes of a row, less than a register: copied, and their scales with them, to where a whole one can be read. Activations behind the row are zero.
    /// </summary>
    private float Rest<TNibbles, TLanes, TVector, TElement, TStored>(byte* w, TStored* s, short* x, long start)
        where TNibbles : INibbleLanes<TVector>
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        byte* copy = stackalloc byte[64];
        new Span<byte>(copy, 64).Clear();
        new ReadOnlySpan<byte>(w + start, (int)(rowBytes - start)).CopyTo(new Span<byte>(copy, 64));
        TStored* scale = stackalloc TStored[4];
        new Span<TStored>(scale, 4).Clear();
        int first = (int)(2 * start / blockSize);
        new ReadOnlySpan<TStored>(s + first, BlocksPerRow - first).CopyTo(new Span<TStored>(scale, 4));
        return TLanes.Sum(TLanes.Multiply(TNibbles.Dot<TCode>(copy, x + (2 * start)), TNibbles.Scales<TElement, TStored>(scale, blockSize)));
    }

    /// <summary>The element, among <see cref="Padding"/>, whose activation stands at each place.</summary>
    private static class ElementOrder<TNibbles, TVector>
        where TNibbles : INibbleLanes<TVector>
        where TVector : unmanaged
    {
        public static byte[] Elements { get; } =
        [
            .. Enumerable.Range(0, Padding).Select(place =>
            {
                int register = 2 * TNibbles.Bytes;
                return (byte)((place / register * register) + TNibbles.Element(place % register));
            }),
        ];
    }
}
