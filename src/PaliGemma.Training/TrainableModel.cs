using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Training.Adapters;
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

    /// <summary>Loads a checkpoint; all weights but packed ones are trainable.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="type">How weights are kept: Float32, or BFloat16, which halves their memory; all arithmetic is float32.</param>
    /// <param name="imageSize">The side of pictures in pixels; null is the checkpoint's, for another one position embeddings are interpolated.</param>
    /// <param name="device">Where it computes; null is the CPU.</param>
    /// <exception cref="ArgumentException">The picture size is no multiple of the patch size.</exception>
    /// <exception cref="ModelFileException">A file is missing or not what it should be.</exception>
    public static TrainableModel Load(string folder, ElementType type = ElementType.Float32, int? imageSize = null, Device? device = null)
    {
        Checkpoint checkpoint = Checkpoint.Open(folder);
        PaliGemmaConfig config;
        try
        {
            config = checkpoint.LoadConfig();
            if (imageSize is int size)
            {
                config = WithImageSize(config, size);
            }
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
        return new TrainableModel(config, ParameterSet.Load(config, checkpoint, type, device));
    }

    /// <summary>
    /// The same model for another thread: the elements of its weights are shared, their gradients are not. To be disposed before this one.
    /// </summary>
    internal TrainableModel Replicate() => new(Config, Parameters.Replicate());

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
    /// <param name="source">The folder whose tokenizer, and whose mask autoencoder if it has one, are the model's.</param>
    /// <param name="type">The element type of the weights: Float32, BFloat16 or Float16.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public void SaveFolder(string folder, string source, ElementType type)
    {
        PaliGemmaConfigWriter.Write(folder, Config with { StoredType = type.ToString().ToLowerInvariant() });
        CompanionFiles.Copy(source, folder);
        Parameters.Save(folder, type);
    }

    /// <summary>Puts a new adapter beside every linear layer of the decoder that has one of these names, and freezes everything else.</summary>
    /// <param name="layers">Names such as <c>q_proj</c>.</param>
    /// <param name="rank">The adapters' rank.</param>
    /// <param name="alpha">What their output is multiplied by, times the rank.</param>
    /// <param name="seed">Of their first values.</param>
    /// <exception cref="ArgumentException">No layer has one of the names.</exception>
    public void AddAdapters(IReadOnlyCollection<string> layers, int rank, double alpha, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(layers);
        foreach (Parameter parameter in Parameters)
        {
            parameter.IsTrainable = false;
        }
        foreach (string layer in layers)
        {
            Parameter[] matrices =
            [
                .. Parameters.Where(parameter =>
                    parameter.Part == ModelPart.Decoder && parameter.Name.EndsWith($".{layer}.weight", StringComparison.Ordinal)),
            ];
            if (matrices.Length == 0)
            {
                throw new ArgumentException($"The decoder has no layers {layer}; expected for instance q_proj or up_proj.", nameof(layers));
            }
            foreach (Parameter matrix in matrices)
            {
                Parameters.Add(LoraAdapter.Create(matrix, rank, alpha, seed, Device));
            }
        }
    }

    /// <summary>The image tower's last hidden state [pictures, patches, vision hidden] of <paramref name="pixels"/> [pictures, 3, size, size].</summary>
    public Tensor EncodeImages(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        return _vision.Forward(pixels, checkpoints: null).MoveToOuterDisposeScope();
    }

    /// <summary>The image features [pictures, patches, hidden] of <paramref name="pixels"/> [pictures, 3, size, size], as the decoder takes them.</summary>
    public Tensor ProjectImages(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        return Project(EncodeImages(pixels)).MoveToOuterDisposeScope();
    }

    /// <summary>The final hidden state of the whole batch [examples · length, hidden].</summary>
    public Tensor Forward(TrainingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        return Forward(batch, dropout: default, checkpoints: null, rows: null, beforeLastTwo: null).view(-1, Config.Text.HiddenSize).MoveToOuterDisposeScope();
    }

    /// <summary>The logits [targets, vocabulary] of a batch's predictors.</summary>
    public Tensor Predict(TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        return Predict(batch, dropout: default, checkpoints: null).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The logits [targets, vocabulary] of a batch's predictors; what <paramref name="checkpoints"/> goes back through lives in the caller's
    /// dispose scope.
    /// </summary>
    /// <param name="batch">The examples.</param>
    /// <param name="dropout">Of what the decoder's sublayers add.</param>
    /// <param name="checkpoints">If set, must carry the gradients back after the loss has.</param>
    /// <param name="beforeLastTwo">Is given the state that enters the decoder's last two layers [examples, length, hidden].</param>
    internal Tensor Predict(TrainingBatch batch, Dropout dropout, ActivationCheckpoints? checkpoints, Action<Tensor>? beforeLastTwo = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Logits(Forward(batch, dropout, checkpoints, batch.Predictors, beforeLastTwo));
    }

    /// <summary>Logits [rows, vocabulary] of rows of the final hidden state.</summary>
    public Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return _decoder.Logits(hidden).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => Parameters.Dispose();

    private static PaliGemmaConfig WithImageSize(PaliGemmaConfig config, int size) => size > 0 && size % config.Vision.PatchSize == 0
        ? config with { Vision = config.Vision with { ImageSize = size } }
        : throw new ArgumentException($"The picture size {size} is no multiple of the patch size {config.Vision.PatchSize}.", nameof(size));

    private Tensor Forward(
        TrainingBatch batch, Dropout dropout, ActivationCheckpoints? checkpoints, Tensor? rows, Action<Tensor>? beforeLastTwo)
    {
        Tensor x = _decoder.Embedding.Forward(batch.Tokens);
        if (batch.Pixels.shape[0] > 0)
        {
            Tensor features = Project(_vision.Forward(batch.Pixels, HasTrainable(ModelPart.Vision) ? checkpoints : null));
            x = x.index_copy(0, batch.ImagePositions, features.index_select(0, batch.Pictures).view(-1, Config.Text.HiddenSize));
        }
        x = x.view(batch.ExampleCount, batch.Length, Config.Text.HiddenSize);
        return _decoder.Forward(x, batch.Visible, dropout, checkpoints, rows, beforeLastTwo);
    }

    private Tensor Project(Tensor encoded) => _projector.Forward(encoded).to(ScalarType.Float32);

    private bool HasTrainable(ModelPart part) => Parameters.Any(parameter => parameter.Part == part && parameter.IsTrainable);
}
