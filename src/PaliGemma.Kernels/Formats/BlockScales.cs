using System.Runtime.Intrinsics;

namespace PaliGemma.Kernels.Formats;

/// <summary>One scale per block of weights, in some storage format.</summary>
public abstract class BlockScales
{
    private protected BlockScales()
    {
    }

    /// <summary>Number of blocks.</summary>
    public abstract long Count { get; }

    /// <summary>Where they lie.</summary>
    public abstract MemoryRegion Region { get; }

    /// <summary>Reads the scales of the blocks from <paramref name="start"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many blocks.</exception>
    public abstract void Read(long start, Span<float> destination);
}

/// <summary>Scales in float32.</summary>
/// <param name="data">float32 [count].</param>
public sealed class Float32Scales(MemoryRegion data) : BlockScales
{
    /// <inheritdoc/>
    public override long Count => data.Length / sizeof(float);

    internal unsafe float* Pointer => (float*)data.Pointer;

    /// <inheritdoc/>
    public override MemoryRegion Region => data;

    /// <inheritdoc/>
    public override void Read(long start, Span<float> destination) => data.Span<float>(start, destination.Length).CopyTo(destination);
}

/// <summary>Scales in bfloat16.</summary>
/// <param name="data">bfloat16 [count].</param>
public sealed class BFloat16Scales(MemoryRegion data) : BlockScales
{
    /// <inheritdoc/>
    public override long Count => data.Length / sizeof(ushort);

    internal unsafe ushort* Pointer => (ushort*)data.Pointer;

    /// <inheritdoc/>
    public override MemoryRegion Region => data;

    /// <inheritdoc/>
    public override void Read(long start, Span<float> destination)
    {
        ReadOnlySpan<ushort> source = data.Span<ushort>(start, destination.Length);
        int i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Create(source[i..]));
            (low << 16).AsSingle().CopyTo(destination[i..]);
            (high << 16).AsSingle().CopyTo(destination[(i + Vector256<uint>.Count)..]);
        }
        for (; i < source.Length; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }
}

/// <summary>Scales that are quantised themselves (double quantisation, arXiv:2305.14314): map[codes[i]] · absmax[i / 256] + offset.</summary>
public sealed class NestedScales : BlockScales
{
    /// <summary>Scales per block of scales.</summary>
    public const int BlockSize = 256;

    private readonly MemoryRegion _codes;
    private readonly float[] _map;
    private readonly float[] _absmax;
    private readonly float _offset;

    /// <summary>Uses codes where they lie.</summary>
    /// <param name="codes">Bytes [count].</param>
    /// <param name="map">The 256 values of a code.</param>
    /// <param name="absmax">float32, one per <see cref="BlockSize"/> codes.</param>
    /// <param name="offset">Added to every scale.</param>
    public NestedScales(MemoryRegion codes, ReadOnlySpan<float> map, ReadOnlySpan<float> absmax, float offset)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(map.Length, 256, nameof(map));
        ArgumentOutOfRangeException.ThrowIfNotEqual(absmax.Length, (codes.Length + BlockSize - 1) / BlockSize, nameof(absmax));
        _codes = codes;
        _map = map.ToArray();
        _absmax = absmax.ToArray();
        _offset = offset;
    }

    /// <summary>
    /// bitsandbytes' dynamic map (functional.py, <c>create_dynamic_map</c>): seven decades, each with twice as many steps as the one below; ascending.
    /// </summary>
    public static ReadOnlySpan<float> DynamicMap => Map;

    private static float[] Map { get; } = CreateMap();

    /// <inheritdoc/>
    public override long Count => _codes.Length;

    /// <inheritdoc/>
    public override MemoryRegion Region => _codes;

    /// <inheritdoc/>
    public override void Read(long start, Span<float> destination)
    {
        ReadOnlySpan<byte> codes = _codes.Span<byte>(start, destination.Length);
        for (int i = 0; i < codes.Length; i++)
        {
            destination[i] = (_map[codes[i]] * _absmax[(start + i) / BlockSize]) + _offset;
        }
    }

    /// <summary>Quantises scales as bitsandbytes does: their mean taken off, then each to the nearest of <see cref="DynamicMap"/>.</summary>
    /// <param name="scales">The scales of a whole matrix.</param>
    /// <param name="codes">As many bytes.</param>
    /// <param name="absmax">One per <see cref="BlockSize"/> scales.</param>
    /// <returns>The mean, which is added back to every scale.</returns>
    public static float Pack(ReadOnlySpan<float> scales, Span<byte> codes, Span<float> absmax)
    {
        double sum = 0;
        foreach (float scale in scales)
        {
            sum += scale;
        }
        float offset = scales.IsEmpty ? 0 : (float)(sum / scales.Length);
        for (int start = 0; start < scales.Length; start += BlockSize)
        {
            ReadOnlySpan<float> some = scales[start..Math.Min(scales.Length, start + BlockSize)];
            float largest = 0;
            foreach (float scale in some)
            {
                largest = Math.Max(largest, Math.Abs(scale - offset));
            }
            absmax[start / BlockSize] = largest;
            float factor = 1 / largest;
            for (int i = 0; i < some.Length; i++)
            {
                codes[start + i] = Nearest((some[i] - offset) * factor);
            }
        }
        return offset;
    }

    /// <summary>A binary search whose last step compares with a midpoint; on one, the value searched last wins (csrc/kernels.cu, <c>dQuantize</c>).</summary>
    private static byte Nearest(float value)
    {
        int pivot = 127;
        int upper = 255;
        int lower = 0;
        for (int step = 64; step > 0; step >>= 1)
        {
            if (value > Map[pivot])
            {
                lower = pivot;
                pivot += step;
            }
            else
            {
                upper = pivot;
                pivot -= step;
            }
        }
        if (value > Map[pivot])
        {
            return (byte)(value > (Map[upper] + Map[pivot]) * 0.5f ? upper : pivot);
        }
        return (byte)(value < (Map[lower] + Map[pivot]) * 0.5f ? lower : pivot);
    }

    private static float[] CreateMap()
    {
        List<float> values = [0, 1];
        for (int decade = 0; decade < 7; decade++)
        {
            int steps = 1 << decade;
            float scale = (float)Math.Pow(10, decade - 6);
            for (int i = 0; i < steps; i++)
            {
                float mean = (Boundary(i, steps) + Boundary(i + 1, steps)) / 2;
                values.Add(scale * mean);
                values.Add(-scale * mean);
            }
        }
        values.Sort();
        return [.. values];

        // As torch.linspace(0.1, 1, steps + 1) computes it: from the nearer end.
        static float Boundary(int index, int steps)
        {
            float step = (1 - 0.1f) / steps;
            return index < (steps + 1) / 2 ? 0.1f + (step * index) : 1 - (step * (steps - index));
        }
    }
}
