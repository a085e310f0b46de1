using System.Diagnostics.CodeAnalysis;
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

    public ToyRun(ElementType type = ElementType.Float32)
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
        Open(Folder, type);
    }

    /// <summary>The run of a folder that was made from another run's.</summary>
    public ToyRun(string folder) => Open(folder, ElementType.Float32);

    public string Folder => _folder.FullName;

    public TrainableModel Model { get; private set; }

    public ExampleEncoder Encoder { get; private set; }

    public PaliGemmaTokenizer Tokenizer { get; private set; }

    public IExampleSource Examples { get; } = new ColorExamples();

    public Trainer Trainer(TrainingOptions options) => new(Model, Examples, Encoder, options);

    /// <summary>All weights, one after another.</summary>
    public float[] Weights()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        return [.. Model.Parameters.SelectMany(parameter => parameter.Read(Model.Device).detach().data<float>().ToArray())];
    }

    public void Dispose()
    {
        Model.Dispose();
        _folder.Dispose();
    }

    [MemberNotNull(nameof(Model), nameof(Encoder), nameof(Tokenizer))]
    private void Open(string folder, ElementType type)
    {
        Tokenizer = PaliGemmaTokenizer.Load(folder);
        Model = TrainableModel.Load(folder, type);
        Encoder = new ExampleEncoder(new PaliGemmaProcessor(Model.Config, Tokenizer), Tokenizer);
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
