namespace PaliGemma.Kernels;

/// <summary>
/// Rotary position embedding (Su et al., arXiv:2104.09864) in the half-split layout (modeling_gemma.py, <c>rotate_half</c>): values i and i + size/2 of a head are
/// turned by the angle position · θ^(-2i/size), computed in float32 as the reference does.
/// </summary>
public sealed class RotaryEmbedding
{
    private readonly int _headSize;
    private readonly float[] _frequencies; // [head size / 2]
    private Angles _angles = new([], [], 0);

    /// <param name="headSize">Values per head, even.</param>
    /// <param name="theta">θ, the base of the frequencies.</param>
    public RotaryEmbedding(int headSize, float theta)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(headSize % 2, 0, nameof(headSize));
        _headSize = headSize;
        _frequencies = new float[headSize / 2];
        for (int i = 0; i < _frequencies.Length; i++)
        {
            _frequencies[i] = 1 / MathF.Pow(theta, 2f * i / headSize);
        }
    }

    /// <summary>Turns the heads of consecutive tokens.</summary>
    /// <param name="x">[tokens, heads, head size]; changed in place.</param>
    /// <param name="heads">Heads per token.</param>
    /// <param name="firstPosition">The position of the first token.</param>
    /// <param name="pool">The threads that share the work.</param>
    public unsafe void Rotate(Span<float> x, int heads, int firstPosition, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentOutOfRangeException.ThrowIfNegative(firstPosition);
        int width = heads * _headSize;
        int tokens = x.Length / width;
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length, tokens * width, nameof(x));
        Angles angles = AnglesUpTo(firstPosition + tokens);
        int half = _frequencies.Length;
        fixed (float* values = x)
        {
            float* start = values;
            pool.ForRanges(tokens, 8, (first, end) =>
            {
                for (int token = first; token < end; token++)
                {
                    ReadOnlySpan<float> cosines = angles.Cosines.AsSpan((firstPosition + token) * half, half);
                    ReadOnlySpan<float> sines = angles.Sines.AsSpan((firstPosition + token) * half, half);
                    for (int head = 0; head < heads; head++)
                    {
                        float* low = start + ((long)token * width) + (head * _headSize);
                        float* high = low + half;
                        for (int i = 0; i < half; i++)
                        {
                            float a = low[i];
                            float b = high[i];
                            low[i] = (a * cosines[i]) - (b * sines[i]);
                            high[i] = (b * cosines[i]) + (a * sines[i]);
                        }
                    }
                }
            });
        }
    }

    /// <summary>The table for positions below <paramref name="end"/>: shared by all layers, and replaced as a whole when it must grow.</summary>
    private Angles AnglesUpTo(int end)
    {
        Angles known = Volatile.Read(ref _angles);
        if (known.Positions >= end)
        {
            return known;
        }
        int positions = Math.Max(end, Math.Min(2 * known.Positions, end + 4096));
        int half = _frequencies.Length;
        float[] cosines = new float[checked(positions * half)];
        float[] sines = new float[positions * half];
        known.Cosines.CopyTo(cosines, 0);
        known.Sines.CopyTo(sines, 0);
        for (int position = known.Positions; position < positions; position++)
        {
            for (int i = 0; i < half; i++)
            {
                (sines[(position * half) + i], cosines[(position * half) + i]) = MathF.SinCos(position * _frequencies[i]);
            }
        }
        Angles grown = new(cosines, sines, positions);
        Volatile.Write(ref _angles, grown);
        return grown;
    }

    private sealed record Angles(float[] Cosines, float[] Sines, int Positions);
}
