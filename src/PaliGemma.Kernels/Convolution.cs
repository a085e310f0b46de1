namespace PaliGemma.Kernels;

/// <summary>
/// A convolution over a picture of any channels: the windows are unfolded to the rows of one matrix product. Pictures are
/// [height, width, channels], so that the product's rows are the result's pixels.
/// </summary>
public sealed class Convolution
{
    private readonly WeightMatrix _weight;
    private readonly float[] _bias;
    private readonly int _kernel;
    private readonly int _stride;
    private readonly int _padding;

    /// <summary>Creates a convolution.</summary>
    /// <param name="weight">[output channels, input channels · kernel · kernel], the extents in this order.</param>
    /// <param name="bias">[output channels].</param>
    /// <param name="kernel">Height and width of a window.</param>
    /// <param name="stride">Pixels from one window to the next.</param>
    /// <param name="padding">Zeros around the picture.</param>
    public Convolution(WeightMatrix weight, float[] bias, int kernel, int stride = 1, int padding = 0)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kernel);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stride);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        ArgumentOutOfRangeException.ThrowIfNotEqual(weight.Columns % (kernel * kernel), 0, nameof(weight));
        ArgumentOutOfRangeException.ThrowIfNotEqual(bias.Length, weight.Rows, nameof(bias));
        _weight = weight;
        _bias = bias;
        _kernel = kernel;
        _stride = stride;
        _padding = padding;
    }

    /// <summary>Channels of what goes in.</summary>
    public int InputChannels => _weight.Columns / (_kernel * _kernel);

    /// <summary>Channels of what comes out.</summary>
    public int OutputChannels => _weight.Rows;

    /// <summary>The result's height or width.</summary>
    /// <param name="extent">The input's; with its padding at least the kernel's.</param>
    public int OutputExtent(int extent) => ((extent + (2 * _padding) - _kernel) / _stride) + 1;

    /// <summary>y[p, o] = b[o] + Σ x[window of p, c] · w[o, c, window].</summary>
    /// <param name="x">[height, width, <see cref="InputChannels"/>].</param>
    /// <param name="height">Rows of <paramref name="x"/>.</param>
    /// <param name="width">Columns of <paramref name="x"/>.</param>
    /// <param name="pool">The threads that share the work.</param>
    /// <returns>[<see cref="OutputExtent"/> of height, of width, <see cref="OutputChannels"/>].</returns>
    public float[] Apply(ReadOnlySpan<float> x, int height, int width, WorkerPool pool)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length, height * width * InputChannels, nameof(x));
        ArgumentOutOfRangeException.ThrowIfLessThan(Math.Min(height, width) + (2 * _padding), _kernel, nameof(height));
        int pixels = OutputExtent(height) * OutputExtent(width);
        float[] y = GC.AllocateUninitializedArray<float>(pixels * OutputChannels);
        bool isProduct = _kernel == 1 && _stride == 1 && _padding == 0;
        _weight.Multiply(isProduct ? x : Unfold(x, height, width), pixels, y, pool);
        BiasAdd.Apply(y, _bias, pool);
        return y;
    }

    /// <summary>Copies every window to a row ordered as the weights are: channel, then row, then column.</summary>
    private float[] Unfold(ReadOnlySpan<float> x, int height, int width)
    {
        int channels = InputChannels;
        int window = _kernel * _kernel;
        float[] windows = new float[OutputExtent(height) * OutputExtent(width) * _weight.Columns];
        Span<float> target = windows;
        for (int top = -_padding; top + _kernel <= height + _padding; top += _stride)
        {
            for (int left = -_padding; left + _kernel <= width + _padding; left += _stride)
            {
                for (int place = 0; place < window; place++)
                {
                    int row = top + (place / _kernel);
                    int column = left + (place % _kernel);
                    if (row < 0 || row >= height || column < 0 || column >= width)
                    {
                        continue;
                    }
                    ReadOnlySpan<float> pixel = x.Slice(((row * width) + column) * channels, channels);
                    for (int channel = 0; channel < channels; channel++)
                    {
                        target[(channel * window) + place] = pixel[channel];
                    }
                }
                target = target[_weight.Columns..];
            }
        }
        return windows;
    }
}
