using PaliGemma.Kernels.Formats;
using PaliGemma.Kernels.Reference;
using PaliGemma.Tests;

namespace PaliGemma.Kernels.Tests;

/// <summary>The convolutions of the mask autoencoder, and windows, strides and pictures that it does not have.</summary>
public sealed class ConvolutionTests : IDisposable
{
    private readonly WorkerPool _pool = new(2);

    public void Dispose() => _pool.Dispose();

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(3, 1, 1)]
    [InlineData(4, 2, 1)]
    [InlineData(2, 3, 0)]
    [InlineData(3, 2, 2)]
    public void Convolution_agrees_with_its_scalar_twin(int kernel, int stride, int padding)
    {
        foreach ((int height, int width, int inputs, int outputs) in new[] { (4, 4, 1, 16), (5, 8, 7, 3), (kernel, 9, 33, 18) })
        {
            float[] x = RandomValues.Uniform(height * width * inputs, 1);
            float[] weight = RandomValues.Uniform(outputs * inputs * kernel * kernel, 2);
            float[] bias = RandomValues.Uniform(outputs, 3);
            using NativeBuffer buffer = new(weight.Length * sizeof(float));
            weight.CopyTo(buffer.Span<float>(0, weight.Length));
            Convolution convolution =
                new(new Float32Matrix(buffer.Region, outputs, inputs * kernel * kernel), bias, kernel, stride, padding);
            float[] expected = Pixels(
                convolution.OutputExtent(height), convolution.OutputExtent(width), outputs, (row, column, channel) =>
                    ScalarConvolution.Pixel(x, height, width, weight, bias, kernel, stride, padding, row, column, channel));
            Tensors.AssertClose($"{height} x {width}", expected, convolution.Apply(x, height, width, _pool), 2e-5);
        }
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(4, 2, 1)]
    [InlineData(3, 1, 1)]
    [InlineData(2, 3, 0)]
    public void Transposed_convolution_agrees_with_its_scalar_twin(int kernel, int stride, int padding)
    {
        foreach ((int height, int width, int inputs, int outputs) in new[] { (4, 4, 16, 8), (3, 6, 5, 1), (2, 2, 33, 19) })
        {
            float[] x = RandomValues.Uniform(height * width * inputs, 1);
            float[] weight = RandomValues.Uniform(outputs * inputs * kernel * kernel, 2);
            float[] bias = RandomValues.Uniform(outputs, 3);
            using TransposedConvolution convolution = new(weight, bias, kernel, stride, padding);
            float[] expected = Pixels(
                convolution.OutputExtent(height), convolution.OutputExtent(width), outputs, (row, column, channel) =>
                    ScalarConvolution.TransposedPixel(x, height, width, weight, bias, kernel, stride, padding, row, column, channel));
            Tensors.AssertClose($"{height} x {width}", expected, convolution.Apply(x, height, width, _pool), 2e-5);
        }
    }

    [Fact]
    public void Extents_that_do_not_fit_are_refused()
    {
        using NativeBuffer buffer = new(18 * sizeof(float));
        Float32Matrix weight = new(buffer.Region, 2, 9);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Convolution(weight, new float[3], 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Convolution(weight, new float[2], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Convolution(weight, new float[2], 3).Apply(new float[4], 2, 2, _pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Convolution(weight, new float[2], 3).Apply(new float[8], 3, 3, _pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TransposedConvolution(new float[7], new float[2], 1));
    }

    private static float[] Pixels(int height, int width, int channels, Func<int, int, int, float> pixel) =>
    [
        .. from row in Enumerable.Range(0, height)
           from column in Enumerable.Range(0, width)
           from channel in Enumerable.Range(0, channels)
           select pixel(row, column, channel),
    ];
}
