using PaliGemma.Kernels.Formats;

namespace PaliGemma.Kernels;

/// <summary>
/// A convolution's transpose, which enlarges pictures: one matrix product gives every pixel's contribution to its window of the result,
/// where they are summed. Pictures are [height, width, channels].
/// </summary>
public sealed class TransposedConvolution : IDisposable
{
    private readonly NativeBuffer _transposed;
    private readonly Float32Matrix _weight;
    private readonly float[] _bias;
    private readonly int _kernel;
    private readonly int _stride;
    private readonly int _padding;

    /// <summary>Creates a transposed convolution.</summary>
    /// <param name="weight">[input channels, output channels, kernel, kernel]; copied.</param>
    /// <param name="bias">[output channels].</param>
    /// <param name="kernel">Height and width of a window.</param>
    /// <param name="stride">Pixels of the result from one window to the next.</param>
    /// <param name="padding">Rows and columns that are cut off all around the result.</param>
    public TransposedConvolution(ReadOnlySpan<float> weight, float[] bias, int kernel, int stride = 1, int padding = 0)
    {
        ArgumentNullException.ThrowIfNull(bias);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kernel);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stride);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        int rows = bias.Length * kernel * kernel;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows, nameof(bias));
        ArgumentOutOfRangeException.ThrowIfNotEqual(weight.Length % rows, 0, nameof(weight));
        InputChannels = weight.Length / rows;
        _bias = bias;
        _kernel = kernel;
        _stride = stride;
        _padding = padding;
        _transposed = new NativeBuffer((long)weight.Length * sizeof(float));
        Span<float> target = _transposed.Span<float>(0, weight.Length);
        for (int i = 0; i < weight.Length; i++)
        {
            target[(i % rows * InputChannels) + (i / rows)] = weight[i];
        }
        _weight = new Float32Matrix(_transposed.Region, rows, InputChannels);
    }

    /// <summary>Channels of what goes in.</summary>
    public int InputChannels { get; }

    /// <summary>Channels of what comes out.</summary>
    public int OutputChannels => _bias.Length;

    /// <summary>The result's height or width.</summary>
    /// <param name="extent">The input's.</param>
    public int OutputExtent(int extent) => ((extent - 1) * _stride) - (2 * _padding) + _kernel;

    /// <summary>y[q, o] = b[o] + Σ x[p, c] · w[c, o, place of q in the window of p].</summary>
    /// <param name="x">[height, width, <see cref="InputChannels"/>].</param>
    /// <param name="height">Rows of <paramref name="x"/>.</param>
    /// <param name="width">Columns of <paramref name="x"/>.</param>
    /// <param name="pool">The threads that share the work.</param>
    /// <returns>[<see cref="OutputExtent"/> of height, of width, <see cref="OutputChannels"/>].</returns>
    public float[] Apply(ReadOnlySpan<float> x, int height, int width, WorkerPool pool)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length, height * width * InputChannels, nameof(x));
        float[] windows = GC.AllocateUninitializedArray<float>(height * width * _weight.Rows);
        _weight.Multiply(x, height * width, windows, pool);
        float[] y = Fold(windows, height, width);
        BiasAdd.Apply(y, _bias, pool);
        return y;
    }

    /// <inheritdoc/>
    public void Dispose() => _transposed.Dispose();

    /// <summary>Adds every window, ordered channel, then row, then column, to its place.</summary>
    private float[] Fold(ReadOnlySpan<float> windows, int height, int width)
    {
        int outputHeight = OutputExtent(height);
        int outputWidth = OutputExtent(width);
        int window = _kernel * _kernel;
        float[] y = new float[outputHeight * outputWidth * OutputChannels];
        for (int pixel = 0; pixel < height * width; pixel++)
        {
            ReadOnlySpan<float> source = windows.Slice(pixel * _weight.Rows, _weight.Rows);
            for (int place = 0; place < window; place++)
            {
                int row = (pixel / width * _stride) - _padding + (place / _kernel);
                int column = (pixel % width * _stride) - _padding + (place % _kernel);
                if (row < 0 || row >= outputHeight || column < 0 || column >= outputWidth)
                {
                    continue;
                }
                Span<float> target = y.AsSpan(((row * outputWidth) + column) * OutputChannels, OutputChannels);
                for (int channel = 0; channel < target.Length; channel++)
                {
                    target[channel] += source[(channel * window) + place];
                }
            }
        }
        return y;
    }
}
