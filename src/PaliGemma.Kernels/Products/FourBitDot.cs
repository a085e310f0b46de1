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
        for (int start = 0; start < Padding; start += 2 * TNibbles.Bytes)
        {
            for (int place = 0; place < 2 * TNibbles.Bytes; place++)
            {
                destination[start + place] = source[start + TNibbles.Element(place)];
            }
        }
    }

    private void Rows<TNibbles, TLanes, TVector>(int first, int count, short* x, float* factors, int tokens, float* y, int yStride)
        where TNibbles : INibbleLanes<TVector>
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        int blocks = BlocksPerRow;
        int padded = PaddedLength;
        // Scales of four rows, each filled up with zeros so that whole registers can be read.
        int scaleStride = (padded / blockSize) + 4;
        float* rowScales = Scratch.Floats(Scratch.Purpose.Decoded, 4L * scaleStride);
        new Span<float>(rowScales, 4 * scaleStride).Clear();
        int quarter = count / DotProduct.RowGroup;
        for (int i = 0; i < quarter; i++)
        {
            for (int r = 0; r < DotProduct.RowGroup; r++)
            {
                scales.Read((long)(first + i + (r * quarter)) * blocks, new Span<float>(rowScales + (r * scaleStride), blocks));
            }
            for (int token = 0; token < tokens; token++)
            {
                FourRows<TNibbles, TLanes, TVector>(
                    codes + ((first + i) * rowBytes),
                    quarter * rowBytes,
                    rowScales,
                    scaleStride,
                    x + ((long)token * padded),
                    factors[token],
                    y + ((long)token * yStride) + i,
                    quarter);
            }
        }
        for (int row = DotProduct.RowGroup * quarter; row < count; row++)
        {
            scales.Read((long)(first + row) * blocks, new Span<float>(rowScales, blocks));
            for (int token = 0; token < tokens; token++)
            {
                y[((long)token * yStride) + row] = factors[token]
                    * OneRow<TNibbles, TLanes, TVector>(codes + ((first + row) * rowBytes), rowScales, x + ((long)token * padded));
            }
        }
    }

    private void FourRows<TNibbles, TLanes, TVector>(
        byte* w0, long wStride, float* s0, int sStride, short* x, float factor, float* y, nint yStride)
        where TNibbles : INibbleLanes<TVector>
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        byte* w1 = w0 + wStride;
        byte* w2 = w1 + wStride;
        byte* w3 = w2 + wStride;
        float* s1 = s0 + sStride;
        float* s2 = s1 + sStride;
        float* s3 = s2 + sStride;
        TVector a0 = TLanes.Zero, a1 = TLanes.Zero, a2 = TLanes.Zero, a3 = TLanes.Zero;
        long whole = rowBytes - (rowBytes % TNibbles.Bytes);
        long i = 0;
        for (; i < whole; i += TNibbles.Bytes)
        {
            Prefetch.Near(w0 + i + DotProduct.PrefetchBytes);
            Prefetch.Near(w1 + i + DotProduct.PrefetchBytes);
            Prefetch.Near(w2 + i + DotProduct.PrefetchBytes);
            Prefetch.Near(w3 + i + DotProduct.PrefetchBytes);
            int block = (int)((2 * i) / blockSize);
            a0 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w0 + i, x + (2 * i)), TNibbles.Scales(s0 + block, blockSize), a0);
            a1 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w1 + i, x + (2 * i)), TNibbles.Scales(s1 + block, blockSize), a1);
            a2 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w2 + i, x + (2 * i)), TNibbles.Scales(s2 + block, blockSize), a2);
            a3 = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w3 + i, x + (2 * i)), TNibbles.Scales(s3 + block, blockSize), a3);
        }
        y[0] = (TLanes.Sum(a0) + Rest<TNibbles, TLanes, TVector>(w0, s0, x, i)) * factor;
        y[yStride] = (TLanes.Sum(a1) + Rest<TNibbles, TLanes, TVector>(w1, s1, x, i)) * factor;
        y[2 * yStride] = (TLanes.Sum(a2) + Rest<TNibbles, TLanes, TVector>(w2, s2, x, i)) * factor;
        y[3 * yStride] = (TLanes.Sum(a3) + Rest<TNibbles, TLanes, TVector>(w3, s3, x, i)) * factor;
    }

    private float OneRow<TNibbles, TLanes, TVector>(byte* w, float* s, short* x)
        where TNibbles : INibbleLanes<TVector>
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector a = TLanes.Zero;
        long whole = rowBytes - (rowBytes % TNibbles.Bytes);
        long i = 0;
        for (; i < whole; i += TNibbles.Bytes)
        {
            a = TLanes.MultiplyAdd(TNibbles.Dot<TCode>(w + i, x + (2 * i)), TNibbles.Scales(s + (2 * i / blockSize), blockSize), a);
        }
        return TLanes.Sum(a) + Rest<TNibbles, TLanes, TVector>(w, s, x, i);
    }

    /// <summary>The last bytes of a row, less than a register: copied to where a whole one can be read. Activations behind the row are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float Rest<TNibbles, TLanes, TVector>(byte* w, float* s, short* x, long start)
        where TNibbles : INibbleLanes<TVector>
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        if (start == rowBytes)
        {
            return 0;
        }
        byte* copy = stackalloc byte[64];
        new Span<byte>(copy, 64).Clear();
        new ReadOnlySpan<byte>(w + start, (int)(rowBytes - start)).CopyTo(new Span<byte>(copy, 64));
        return TLanes.Sum(TLanes.Multiply(
            TNibbles.Dot<TCode>(copy, x + (2 * start)), TNibbles.Scales(s + (2 * start / blockSize), blockSize)));
    }
}
