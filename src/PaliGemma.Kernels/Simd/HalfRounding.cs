using System.Runtime.Intrinsics;

namespace PaliGemma.Kernels.Simd;

/// <summary>Rounds float32 to the nearest float16, ties to even, and back: the precision that bitsandbytes quantises from.</summary>
internal static class HalfRounding
{
    /// <summary>The smallest magnitude that float16 holds with all its eleven bits: 2⁻¹⁴.</summary>
    private const float SmallestNormal = 6.103515625e-5f;

    /// <summary>From here on, halfway between the largest float16 and the next power of two, float16 has infinity.</summary>
    private const float Overflow = 65520;

    /// <summary>A float32 whose last bit is worth 2⁻²⁴, as float16's is below <see cref="SmallestNormal"/>: adding it rounds to that.</summary>
    private const float Subnormal = 0.75f;

    public static Vector256<float> Round(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<float> magnitude = Vector256.Abs(value);
        Vector256<uint> sign = bits & Vector256.Create(0x8000_0000);
        Vector256<uint> even = (bits >> 13) & Vector256<uint>.One;
        Vector256<uint> normal = (bits + even + Vector256.Create(0xFFFu)) & Vector256.Create(~0x1FFFu);
        Vector256<uint> small = ((magnitude + Vector256.Create(Subnormal)) - Vector256.Create(Subnormal)).AsUInt32() | sign;
        Vector256<uint> infinite = Vector256.Create(float.PositiveInfinity).AsUInt32() | sign;
        Vector256<uint> rounded = Vector256.ConditionalSelect(
            Vector256.LessThan(magnitude, Vector256.Create(SmallestNormal)).AsUInt32(), small, normal);
        rounded = Vector256.ConditionalSelect(
            Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(Overflow)).AsUInt32(), infinite, rounded);
        return Vector256.ConditionalSelect(Vector256.Equals(value, value), rounded.AsSingle(), value);
    }
}
