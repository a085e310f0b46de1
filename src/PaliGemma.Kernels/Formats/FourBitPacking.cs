using System.Runtime.Intrinsics;

namespace PaliGemma.Kernels.Formats;

/// <summary>Finds the 4-bit codes of values.</summary>
internal static class FourBitPacking<TCode>
    where TCode : IFourBitCode
{
    /// <summary>Writes the code of each value · <paramref name="factor"/>: two per byte, the first one in the upper half.</summary>
    /// <param name="values">Any number; the lower half of a byte without a second value is the code of zero.</param>
    /// <param name="factor">What brings the values to the format's range.</param>
    /// <param name="codes">Half as many bytes, rounded up.</param>
    public static void Pack(ReadOnlySpan<float> values, float factor, Span<byte> codes)
    {
        Span<int> ranks = stackalloc int[Vector256<int>.Count];
        Span<float> padded = stackalloc float[Vector256<float>.Count];
        for (int start = 0; start < values.Length; start += padded.Length)
        {
            scoped ReadOnlySpan<float> some = values[start..Math.Min(values.Length, start + padded.Length)];
            if (some.Length < padded.Length)
            {
                padded.Clear();
                some.CopyTo(padded);
                some = padded;
            }
            Vector256<float> scaled = Vector256.Create(some) * factor;
            Vector256<float> compared = TCode.HasSignBit ? Vector256.Abs(scaled) : scaled;
            Vector256<int> rank = Vector256<int>.Zero;
            foreach (float boundary in TCode.Boundaries)
            {
                rank -= Vector256.GreaterThan(compared, Vector256.Create(boundary)).AsInt32();
            }
            rank.CopyTo(ranks);
            int end = Math.Min(padded.Length, values.Length - start);
            for (int i = 0; i < padded.Length && i < end; i += 2)
            {
                codes[(start + i) / 2] = (byte)((Code(ranks[i], scaled[i]) << 4) | Code(ranks[i + 1], scaled[i + 1]));
            }
        }
    }

    private static int Code(int rank, float value) => TCode.Codes[rank] | (TCode.HasSignBit && value < 0 ? 8 : 0);
}
