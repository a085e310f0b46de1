using System.Runtime.InteropServices;
using PaliGemma.Kernels;

namespace PaliGemma.Checkpoints;

/// <summary>
/// Turns each of some matrices [rows, columns] into [columns, rows], whatever their elements are; the source need not be aligned.
/// </summary>
/// <param name="Batches">Matrices, one after another.</param>
/// <param name="Rows">Rows of each source.</param>
/// <param name="Columns">Columns of each source.</param>
internal readonly record struct Transposition(int Batches, int Rows, int Columns)
{
    /// <summary>
    /// Side of the square that is turned at a time: small enough for the first-level cache, large enough to fill cache lines.
    /// </summary>
    private const int Tile = 64;

    /// <summary>Writes the transposed matrices to memory of their own.</summary>
    public NativeBuffer Apply(MemoryRegion source, int elementSize)
    {
        NativeBuffer destination = new((long)Batches * Rows * Columns * elementSize);
        switch (elementSize)
        {
            case sizeof(byte):
                Apply<byte>(source, destination);
                break;
            case sizeof(ushort):
                Apply<ushort>(source, destination);
                break;
            case sizeof(uint):
                Apply<uint>(source, destination);
                break;
            default:
                Apply<ulong>(source, destination);
                break;
        }
        return destination;
    }

    private void Apply<T>(MemoryRegion source, NativeBuffer destination)
        where T : unmanaged
    {
        (_, int rows, int columns) = this;
        int strips = (columns + Tile - 1) / Tile;
        Parallel.For(0L, (long)Batches * strips, () => new T[Tile * Tile], (task, _, tile) =>
        {
            long start = task / strips * rows * columns;
            int column = (int)(task % strips) * Tile;
            int width = Math.Min(Tile, columns - column);
            for (int row = 0; row < rows; row += Tile)
            {
                int height = Math.Min(Tile, rows - row);
                ReadTile(source, start + ((long)row * columns) + column, columns, tile, height, width);
                for (int c = 0; c < width; c++)
                {
                    Span<T> line = destination.Span<T>(start + ((long)(column + c) * rows) + row, height);
                    for (int r = 0; r < line.Length; r++)
                    {
                        line[r] = tile[(r * Tile) + c];
                    }
                }
            }
            return tile;
        }, _ => { });
    }

    private static void ReadTile<T>(MemoryRegion source, long first, int stride, T[] tile, int height, int width)
        where T : unmanaged
    {
        int size = Marshal.SizeOf<T>();
        for (int r = 0; r < height; r++)
        {
            source.Span<byte>((first + ((long)r * stride)) * size, width * size)
                .CopyTo(MemoryMarshal.AsBytes(tile.AsSpan(r * Tile, width)));
        }
    }
}
