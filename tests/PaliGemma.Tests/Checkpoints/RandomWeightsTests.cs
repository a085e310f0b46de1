using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Generation;
using PaliGemma.Tests.Generation;

namespace PaliGemma.Tests.Checkpoints;

public class RandomWeightsTests
{
    [Fact]
    public void A_seed_gives_the_same_weights_in_whatever_order_and_shards_they_are_written()
    {
        IReadOnlyList<LayoutEntry> layout = TensorLayout.Of(Small);
        using TemporaryFolder first = Create(7, layout, ElementType.Float32);
        using TemporaryFolder second = Create(7, [.. layout.Reverse()], ElementType.Float32, shardSize: 50_000);
        using TemporaryFolder other = Create(8, layout, ElementType.Float32);
        using Checkpoint expected = Checkpoint.Open(first.FullName);
        using Checkpoint actual = Checkpoint.Open(second.FullName);
        using Checkpoint different = Checkpoint.Open(other.FullName);
        foreach (LayoutEntry entry in layout)
        {
            Assert.Equal(Values(expected, entry), Values(actual, entry));
            if (entry.Role is TensorRole.Projection or TensorRole.TokenEmbedding)
            {
                Assert.NotEqual(Values(expected, entry), Values(different, entry));
            }
        }
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.BFloat16)]
    [InlineData(ElementType.Float16)]
    public void Weights_have_the_deviation_of_their_role_and_neighbours_are_independent(ElementType type)
    {
        // More than one piece of work each, so that the seams are looked at too.
        LayoutEntry[] layout =
        [
            new("projection", TensorRole.Projection, [700, 10, 10, 10]), new("embedding", TensorRole.TokenEmbedding, [1000, 400]),
            new("bias", TensorRole.Bias, [300_000]), new("rms", TensorRole.RmsNormWeight, [300_000]),
            new("weight", TensorRole.LayerNormWeight, [50]), new("offset", TensorRole.LayerNormBias, [50]),
        ];
        using TemporaryFolder folder = Create(1, layout, type);
        using Checkpoint checkpoint = Checkpoint.Open(folder.FullName);
        foreach ((LayoutEntry entry, double deviation) in layout.Zip([1 / Math.Sqrt(1000), 1 / Math.Sqrt(400), 0.02, 0.02]))
        {
            double[] normal = [.. Values(checkpoint, entry).Select(value => value / deviation)];
            // Six standard errors of each statistic.
            Assert.Equal(0, normal.Average(), 6 / Math.Sqrt(normal.Length));
            Assert.Equal(1, normal.Average(value => value * value), 6 * Math.Sqrt(2.0 / normal.Length) + 0.01);
            Assert.Equal(0.6827, normal.Count(value => Math.Abs(value) < 1) / (double)normal.Length, 0.03);
            Assert.Equal(0, normal.Zip(normal.Skip(1), (left, right) => left * right).Average(), 6 / Math.Sqrt(normal.Length));
        }
        Assert.All(Values(checkpoint, layout[4]), value => Assert.Equal(1, value));
        Assert.All(Values(checkpoint, layout[5]), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Activations_stay_near_one_through_all_layers()
    {
        PaliGemmaConfig config = Small with
        {
            Vision = Small.Vision with { LayerCount = 27 },
            Text = Small.Text with { LayerCount = 18 },
        };
        using TemporaryFolder folder = Create(3, TensorLayout.Of(config), ElementType.Float32);
        using GoldenTensors golden = new("expected", "A", "forward.safetensors");
        using PaliGemmaModel model = new(config, Checkpoint.Open(folder.FullName), new ModelOptions { Threads = 2 });
        int stages = 0;
        model.Probe = (stage, values) =>
        {
            double size = Math.Sqrt(values.ToArray().Average(value => (double)value * value));
            Assert.True(size is > 0.3 and < 10, $"{stage} has the size {size}");
            stages++;
        };
        using IDecodingState state = PaliGemmaModelGoldenTests.Prefill(model, golden, 0);
        Assert.Equal(28 + 2 + 19, stages);
        float[] logits = new float[config.Text.VocabularySize];
        model.ComputeLogits([state], logits);
        Assert.InRange(logits.Average(value => value * value), 0.3, 3);
    }

    [Fact]
    public void Cancelling_stops_the_work()
    {
        using TemporaryFolder folder = new();
        LayoutEntry[] layout = [new("a", TensorRole.Projection, [4, 4])];
        using ShardedSafetensorsWriter writer = new(folder.FullName, [new("a", ElementType.Float32, [4, 4])]);
        Assert.Throws<OperationCanceledException>(
            () => new RandomWeights(0).Write(layout, ElementType.Float32, writer, cancellation: new CancellationToken(canceled: true)));
    }

    private static PaliGemmaConfig Small { get; } = PaliGemmaConfig.Load(Goldens.Path("models", "A"));

    private static TemporaryFolder Create(ulong seed, IReadOnlyList<LayoutEntry> layout, ElementType type, long shardSize = long.MaxValue)
    {
        TemporaryFolder folder = new();
        using ShardedSafetensorsWriter writer = new(
            folder.FullName, [.. layout.Select(entry => new TensorDeclaration(entry.Name, type, entry.Shape))], shardSize);
        new RandomWeights(seed).Write(layout, type, writer);
        writer.Commit();
        return folder;
    }

    private static float[] Values(Checkpoint checkpoint, LayoutEntry entry)
    {
        StoredTensor tensor = checkpoint.Get(entry.Name, [.. entry.Shape]);
        float[] values = new float[tensor.Data.Length / ElementConversion.Size(tensor.Type)];
        ElementConversion.ToFloat32(tensor.Type, tensor.Data, 0, values);
        return values;
    }
}
