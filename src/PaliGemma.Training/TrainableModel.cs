using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Tokenization;
using PaliGemma.Training.Language;
using PaliGemma.Training.Layers;
using PaliGemma.Training.Vision;
using static TorchSharp.torch;

namespace PaliGemma.Training;

/// <summary>PaliGemma as a graph of differentiable operations, from the weights that <see cref="Parameters"/> has.</summary>
public sealed class TrainableModel : IDisposable
{
    private readonly SiglipVisionModel _vision;
    private readonly Linear _projector;
    private readonly GemmaDecoder _decoder;

    /// <summary>Builds the model over some weights.</summary>
    /// <param name="config">Sizes and token ids.</param>
    /// <param name="parameters">All weights of such a model; owned.</param>
    public TrainableModel(PaliGemmaConfig config, ParameterSet parameters)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(parameters);
        Config = config;
        Parameters = parameters;
        _vision = new SiglipVisionModel(config.Vision, parameters);
        _projector = new Linear(parameters, "multi_modal_projector.linear", bias: true);
        _decoder = new GemmaDecoder(config.Text, parameters);
    }

    /// <summary>Sizes and token ids.</summary>
    public PaliGemmaConfig Config { get; }

    /// <summary>Where it computes.</summary>
    public Device Device => Parameters.Device;

    /// <summary>The weights.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>Loads a checkpoint with all weights in float32 and trainable.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="device">Where it computes; null is the CPU.</param>
    /// <exception cref="ModelFileException">A file is missing or not what it should be.</exception>
    public static TrainableModel Load(string folder, Device? device = null)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        PaliGemmaConfig config = checkpoint.LoadConfig();
        return new TrainableModel(config, ParameterSet.Load(config, checkpoint, device));
    }

    /// <summary>Makes a part of the model trainable or not.</summary>
    public void SetTrainable(ModelPart part, bool trainable)
    {
        foreach (Parameter parameter in Parameters.Where(parameter => parameter.Part == part))
        {
            parameter.IsTrainable = trainable;
        }
    }

    /// <summary>Writes a complete model folder.</summary>
    /// <param name="folder">A folder that exists and holds no other model.</param>
    /// <param name="source">The folder whose tokenizer is the model's.</param>
    /// <param name="type">The element type of the weights: Float32, BFloat16 or Float16.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public void SaveFolder(string folder, string source, ElementType type)
    {
        PaliGemmaConfigWriter.Write(folder, Config with { StoredType = type.ToString().ToLowerInvariant() });
        TokenizerFiles.Copy(source, folder);
        Parameters.Save(folder, type);
    }

    /// <summary>The image tower's last hidden state [pictures, patches, vision hidden] of <paramref name="pixels"/> [pictures, 3, size, size].</summary>
    public Tensor EncodeImages(Tensor pixels) => _vision.Forward(pixels);

    /// <summary>The final hidden state of the whole batch [examples · length, hidden].</summary>
    public Tensor Forward(TrainingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Tensor x = _decoder.Embedding.Forward(batch.Tokens);
        if (batch.Pixels.shape[0] > 0)
        {
            Tensor features = _projector.Forward(EncodeImages(batch.Pixels));
            x = x.index_copy(0, batch.ImagePositions, features.view(-1, Config.Text.HiddenSize));
        }
        Tensor hidden = _decoder.Forward(x.view(batch.ExampleCount, batch.Length, Config.Text.HiddenSize), batch.Visible);
        return hidden.view(-1, Config.Text.HiddenSize);
    }

    /// <summary>Logits [rows, vocabulary] of rows of the final hidden state.</summary>
    public Tensor Logits(Tensor hidden) => _decoder.Logits(hidden);

    /// <inheritdoc/>
    public void Dispose() => Parameters.Dispose();
}
