namespace PaliGemma.Kernels;

/// <summary>Reusable memory of the current thread, for data that lives no longer than one call: one buffer per purpose.</summary>
internal static unsafe class Scratch
{
    [ThreadStatic]
    private static NativeBuffer?[]? _buffers;

    /// <summary>What a buffer is for; two purposes never share memory.</summary>
    public enum Purpose
    {
        /// <summary>Packed activations, written by the calling thread's section and read by all.</summary>
        Activations,

        /// <summary>A packed block of weights.</summary>
        Weights,

        /// <summary>A tile that does not lie fully inside the result.</summary>
        Edge,

        /// <summary>Packed queries of attention.</summary>
        Queries,

        /// <summary>Attention scores.</summary>
        Scores,

        /// <summary>Packed attention probabilities.</summary>
        Probabilities,

        /// <summary>Attention output before normalisation.</summary>
        Outputs,

        /// <summary>Activations as words of integers.</summary>
        Words,

        /// <summary>One factor per token of quantised activations.</summary>
        Factors,

        /// <summary>Which columns hold outliers.</summary>
        OutlierColumns,

        /// <summary>Outliers and other activations that are gathered or reordered.</summary>
        Gathered,

        /// <summary>Rows of weights, or their scales, that are decoded before use.</summary>
        Decoded,
    }

    /// <summary>At least <paramref name="count"/> elements, aligned to 64 bytes, with undefined content.</summary>
    public static float* Floats(Purpose purpose, long count)
    {
        _buffers ??= new NativeBuffer?[Enum.GetValues<Purpose>().Length];
        ref NativeBuffer? buffer = ref _buffers[(int)purpose];
        long length = checked(count * sizeof(float));
        if (buffer is null || buffer.Length < length)
        {
            buffer?.Dispose();
            buffer = new NativeBuffer(length);
        }
        return (float*)buffer.Region.Pointer;
    }
}
