using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Products;

namespace PaliGemma.Kernels.Tests.Products;

/// <summary>Panels of every number of rows and every depth up to a few registers, from memory that ends with the last row into memory that ends with the panel.</summary>
public sealed unsafe class PanelTests
{
    private const int Width = 48; // A multiple of every register's lanes.

    [Fact]
    public void Rows_become_columns_and_missing_rows_zeros()
    {
        AssertTransposed<Float32Element, float>();
        AssertTransposed<BFloat16Element, ushort>();
        AssertTransposed<Int8Pair, ushort>();
        AssertTransposed<FourBitQuad, ushort>();
        AssertTransposed<FourBitLevels<Nf4Code>, ushort>();
        AssertTransposed<FourBitLevels<Fp4Code>, ushort>();
    }

    private static void AssertTransposed<TElement, TStored>()
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        for (int depth = 1; depth <= 37; depth++)
        {
            for (int rows = 1; rows <= Width; rows++)
            {
                using GuardedMemory source = new(rows * depth * sizeof(TStored));
                using GuardedMemory panel = new(depth * Width * sizeof(float));
                new Random(depth).NextBytes(source.Span<byte>());
                panel.Span<byte>().Fill(0xA5);
                TStored* first = (TStored*)source.Region.Pointer;
                Panel.Transpose<TElement, TStored>(first, depth, rows, depth, (float*)panel.Region.Pointer, Width);
                Span<int> words = panel.Span<int>();
                for (int k = 0; k < depth; k++)
                {
                    for (int r = 0; r < Width; r++)
                    {
                        int expected = r < rows ? BitConverter.SingleToInt32Bits(TElement.Load(first + (r * depth) + k)) : 0;
                        if (words[(k * Width) + r] != expected)
                        {
                            Assert.Fail($"{typeof(TElement).Name} [{rows}, {depth}]: row {r}, word {k} is {words[(k * Width) + r]:X8}; expected {expected:X8}");
                        }
                    }
                }
            }
        }
    }
}
