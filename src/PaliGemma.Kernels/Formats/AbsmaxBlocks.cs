namespace PaliGemma.Kernels.Formats;

/// <summary>Quantisation in blocks, each relative to its largest magnitude.</summary>
internal static class AbsmaxBlocks
{
    public static void Pack<TCode>(ReadOnlySpan<float> values, int blockSize, Span<byte> codes, Span<float> absmax)
        where TCode : IFourBitCode
    {
        for (int start = 0, block = 0; start < values.Length; start += blockSize, block++)
        {
            ReadOnlySpan<float> some = values[start..Math.Min(values.Length, start + blockSize)];
            float largest = 0;
            foreach (float value in some)
            {
                largest = Math.Max(largest, Math.Abs(value));
            }
            absmax[block] = largest;
            // In a block of zeros this is infinite, and every product not a number, which is above no boundary: as in the reference.
            FourBitPacking<TCode>.Pack(some, 1 / largest, codes[(start / 2)..]);
        }
    }
}
