using System.Runtime.InteropServices;
using PaliGemma.Kernels;

namespace PaliGemma.Checkpoints;

/// <summary>Conversion between float32 and the stored floating-point types, rounding to nearest, ties to even.</summary>
public static class ElementConversion
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(ElementType type) => type switch
    {
        ElementType.Float32 or ElementType.Int32 => 4,
        ElementType.BFloat16 or ElementType.Float16 => 2,
        ElementType.Float64 or ElementType.Int64 => 8,
        _ => 1,
    };

    /// <summary>Reads <paramref name="destination"/>.Length elements from element <paramref name="start"/> of <paramref name="data"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="type"/> is not a floating-point type.</exception>
    public static void ToFloat32(ElementType type, MemoryRegion data, long start, Span<float> destination)
    {
        switch (type)
        {
            case ElementType.Float32:
                data.Span<float>(start, destination.Length).CopyTo(destination);
                break;
            case ElementType.BFloat16:
                ReadOnlySpan<ushort> bits = data.Span<ushort>(start, destination.Length);
                for (int i = 0; i < bits.Length; i++)
                {
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)bits[i] << 16);
                }
                break;
            case ElementType.Float16:
                ReadOnlySpan<Half> halves = data.Span<Half>(start, destination.Length);
                for (int i = 0; i < halves.Length; i++)
                {
                    destination[i] = (float)halves[i];
                }
                break;
            case ElementType.Float64:
                ReadOnlySpan<double> doubles = data.Span<double>(start, destination.Length);
                for (int i = 0; i < doubles.Length; i++)
                {
                    destination[i] = (float)doubles[i];
                }
                break;
            default:
                throw new ArgumentException($"{type} is not a floating-point type.", nameof(type));
        }
    }

    /// <summary>Writes <paramref name="values"/> as elements of <paramref name="type"/> to <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="type"/> is not a floating-point type.</exception>
    public static void FromFloat32(ReadOnlySpan<float> values, ElementType type, Span<byte> destination)
    {
        switch (type)
        {
            case ElementType.Float32:
                MemoryMarshal.AsBytes(values).CopyTo(destination);
                break;
            case ElementType.BFloat16:
                Span<ushort> bits = MemoryMarshal.Cast<byte, ushort>(destination);
                for (int i = 0; i < values.Length; i++)
                {
                    bits[i] = ToBFloat16(values[i]);
                }
                break;
            case ElementType.Float16:
                Span<Half> halves = MemoryMarshal.Cast<byte, Half>(destination);
                for (int i = 0; i < values.Length; i++)
                {
                    halves[i] = (Half)values[i];
                }
                break;
            case ElementType.Float64:
                Span<double> doubles = MemoryMarshal.Cast<byte, double>(destination);
                for (int i = 0; i < values.Length; i++)
                {
                    doubles[i] = values[i];
                }
                break;
            default:
                throw new ArgumentException($"{type} is not a floating-point type.", nameof(type));
        }
    }

    /// <summary>The bits of the bfloat16 nearest to <paramref name="value"/>, ties to even; NaN stays NaN.</summary>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? (ushort)((bits >> 16) | 0x40) // Keeps the NaN quiet: rounding could carry it into infinity.
            : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
