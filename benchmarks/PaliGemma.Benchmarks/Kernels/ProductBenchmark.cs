using BenchmarkDotNet.Attributes;
using PaliGemma.Kernels;
using PaliGemma.Kernels.Formats;

namespace PaliGemma.Benchmarks.Kernels;

/// <summary>
/// One product of the model, in bfloat16. <see cref="MultiplyAddPeak"/> does as many multiply-adds in registers alone: the ratio of the two is the
/// fraction of the processor's peak, and holds whatever else the machine does.
/// </summary>
public class ProductBenchmark
{
    private readonly WorkerPool _pool = new();
    private NativeBuffer _weights = null!;
    private BFloat16Matrix _matrix = null!;
    private float[] _x = [];
    private float[] _y = [];

    public enum Shape
    {
        GemmaUp,
        GemmaDown,
        GemmaQuery,
        SiglipExpand,
        SiglipContract,
        SiglipQuery,
    }

    [ParamsAllValues]
    public Shape Weights { get; set; }

    [Params(1, 256, 1024)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (int rows, int columns) = Weights switch
        {
            Shape.GemmaUp => (16384, 2048),
            Shape.GemmaDown => (2048, 16384),
            Shape.GemmaQuery => (2048, 2048),
            Shape.SiglipExpand => (4304, 1152),
            Shape.SiglipContract => (1152, 4304),
            _ => (1152, 1152),
        };
        Random random = new(1);
        _weights = new NativeBuffer((long)rows * columns * sizeof(ushort));
        foreach (ref ushort weight in _weights.Span<ushort>(0, rows * columns))
        {
            weight = (ushort)(BitConverter.SingleToUInt32Bits(random.NextSingle() - 0.5f) >> 16);
        }
        _matrix = new BFloat16Matrix(_weights.Region, rows, columns);
        _x = new float[Tokens * columns];
        _y = new float[Tokens * rows];
        foreach (ref float value in _x.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }
    }

    [Benchmark]
    public void Multiply() => _matrix.Multiply(_x, Tokens, _y, _pool);

    [Benchmark(Baseline = true)]
    public void MultiplyAddPeak() => MachineLimits.RunMultiplyAdds(_pool, 2.0 * Tokens * _matrix.Rows * _matrix.Columns);

    [GlobalCleanup]
    public void Cleanup()
    {
        _weights.Dispose();
        _pool.Dispose();
    }
}
