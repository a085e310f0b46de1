using BenchmarkDotNet.Attributes;
using PaliGemma.Kernels;

namespace PaliGemma.Benchmarks.Kernels;

/// <summary>Attention of one layer, beside as many multiply-adds in registers alone.</summary>
public class AttentionBenchmark
{
    private static readonly AttentionShape Siglip = new(16, 16, 72, 1 / MathF.Sqrt(72), 0);
    private static readonly AttentionShape Gemma = new(8, 1, 256, 1 / 16f, 0);

    private readonly WorkerPool _pool = new();
    private AttentionShape _shape;
    private float[] _queries = [];
    private float[] _keys = [];
    private float[] _output = [];
    private VisibleRange[] _visible = [];

    [Params(true, false)]
    public bool ImageTower { get; set; }

    [Params(256, 1024, 4096)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _shape = ImageTower ? Siglip : Gemma;
        Random random = new(1);
        _queries = [.. Enumerable.Range(0, Tokens * _shape.Heads * _shape.HeadSize).Select(_ => random.NextSingle() - 0.5f)];
        _keys = [.. Enumerable.Range(0, Tokens * _shape.KeyValueHeads * _shape.HeadSize).Select(_ => random.NextSingle() - 0.5f)];
        _output = new float[_queries.Length];
        _visible = new VisibleRange[Tokens];
        Array.Fill(_visible, new VisibleRange(0, Tokens));
    }

    [Benchmark]
    public void Attend() => Attention.Apply(_shape, _queries, _keys, _keys, _visible, _output, _pool);

    [Benchmark(Baseline = true)]
    public void MultiplyAddPeak() => MachineLimits.RunMultiplyAdds(_pool, 4.0 * Tokens * Tokens * _shape.Heads * _shape.HeadSize);

    [GlobalCleanup]
    public void Cleanup() => _pool.Dispose();
}
