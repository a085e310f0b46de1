using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Tests;
using PaliGemma.Tokenization;
using PaliGemma.Training.Data;

namespace PaliGemma.Training.Tests;

/// <summary>Model E's sizes and tokenizer, but small pictures and new weights; it learns to name the colour of a picture.</summary>
internal sealed class ToyRun : IDisposable
{
    public static readonly (string Name, byte[] Color)[] Colors =
        [("red", [255, 0, 0]), ("green", [0, 255, 0]), ("blue", [0, 0, 255]), ("white", [255, 255, 255])];

    private readonly TemporaryFolder _folder = new();

    public ToyRun()
    {
        string source = Goldens.Path("models", "E");
        PaliGemmaConfig config = PaliGemmaConfig.Load(source);
        config = config with { Vision = config.Vision with { ImageSize = 28 } };
        PaliGemmaConfigWriter.Write(Folder, config);
        File.Copy(Path.Combine(source, "tokenizer.json"), _folder.File("tokenizer.json"));
        IReadOnlyList<LayoutEntry> layout = TensorLayout.Of(config);
        using (ShardedSafetensorsWriter writer =
            new(Folder, [.. layout.Select(entry => new TensorDeclaration(entry.Name, ElementType.Float32, entry.Shape))]))
        {
            new RandomWeights(seed: 1).Write(layout, ElementType.Float32, writer);
            writer.Commit();
        }
        Tokenizer = PaliGemmaTokenizer.Load(Folder);
        Model = TrainableModel.Load(Folder);
        Encoder = new ExampleEncoder(new PaliGemmaProcessor(config, Tokenizer), Tokenizer);
    }

    public string Folder => _folder.FullName;

    public PaliGemmaTokenizer Tokenizer { get; }

    public TrainableModel Model { get; }

    public ExampleEncoder Encoder { get; }

    public Trainer Trainer(TrainingOptions options) => new(Model, new ColorExamples(), Encoder, options);

    /// <summary>All weights, one after another.</summary>
    public float[] Weights() => [.. Model.Parameters.SelectMany(parameter => parameter.Value.detach().data<float>().ToArray())];

    public void Dispose()
    {
        Model.Dispose();
        _folder.Dispose();
    }

    /// <summary>One colour after another.</summary>
    private sealed class ColorExamples : IExampleSource
    {
        public TrainingExample Read(long index)
        {
            (string name, byte[] color) = Colors[index % Colors.Length];
            return new TrainingExample([new RgbImage(1, 1, color)], "answer en what color?", name);
        }
    }
}
