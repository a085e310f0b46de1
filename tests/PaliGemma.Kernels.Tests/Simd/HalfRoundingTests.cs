using System.Runtime.Intrinsics;
using PaliGemma.Kernels.Simd;

namespace PaliGemma.Kernels.Tests.Simd;

public sealed class HalfRoundingTests
{
    [Fact]
    public void Every_float16_its_neighbours_and_the_points_halfway_round_as_the_runtimes_conversion_does()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            float exact = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            float next = (float)BitConverter.UInt16BitsToHalf((ushort)((bits & 0x8000) | Math.Min((bits & 0x7FFF) + 1, 0x7C00)));
            float halfway = (float)(((double)exact + next) / 2);
            AssertRounded(
                Vector256.Create(
                    exact, MathF.BitIncrement(exact), MathF.BitDecrement(exact), halfway,
                    MathF.BitIncrement(halfway), MathF.BitDecrement(halfway), 1e6f * exact, 1e-30f * exact));
        }
    }

    private static void AssertRounded(Vector256<float> values)
    {
        Vector256<float> rounded = HalfRounding.Round(values);
        for (int i = 0; i < Vector256<float>.Count; i++)
        {
            float expected = (float)(Half)values[i];
            bool equal = float.IsNaN(expected)
                ? float.IsNaN(rounded[i])
                : BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(rounded[i]);
            Assert.True(equal, $"{values[i]:R} becomes {rounded[i]:R}; expected {expected:R}");
        }
    }
}
