using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Tokenization;

namespace PaliGemma.Generation;

/// <summary>A model folder, ready to use: pictures and a prompt go in, text comes out.</summary>
/// <example>
/// <code>
/// using var model = PaliGemmaPipeline.Load(folder);
/// string text = model.Generate("car.jpg", "caption es").Text;
/// </code>
/// </example>
public sealed class PaliGemmaPipeline : IDisposable
{
    private PaliGemmaPipeline(IPaliGemmaModel model, PaliGemmaTokenizer tokenizer)
    {
        Model = model;
        Tokenizer = tokenizer;
        Processor = new PaliGemmaProcessor(model.Config, tokenizer);
        Generator = new Generator(model, tokenizer);
    }

    /// <summary>The model.</summary>
    public IPaliGemmaModel Model { get; }

    /// <summary>The tokenizer of the same folder.</summary>
    public PaliGemmaTokenizer Tokenizer { get; }

    /// <summary>Turns pictures and a prompt into the model's inputs.</summary>
    public PaliGemmaProcessor Processor { get; }

    /// <summary>The decoding loop.</summary>
    public Generator Generator { get; }

    /// <summary>Loads a folder in Hugging Face's layout: config.json, safetensors and a tokenizer.</summary>
    /// <exception cref="ModelFileException">A file is missing or not what it should be.</exception>
    public static PaliGemmaPipeline Load(string folder, ModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        PaliGemmaConfig config = PaliGemmaConfig.Load(folder);
        // Both parse a large file: side by side they take as long as the slower one.
        Task<PaliGemmaTokenizer> tokenizer = Task.Run(() => PaliGemmaTokenizer.Load(folder));
        PaliGemmaModel? model = null;
        try
        {
            model = new PaliGemmaModel(config, Checkpoint.Open(folder), options);
            return new PaliGemmaPipeline(model, tokenizer.GetAwaiter().GetResult());
        }
        catch
        {
            model?.Dispose();
            throw;
        }
    }

    /// <summary>Answers <paramref name="prompt"/> about the picture in a file.</summary>
    /// <exception cref="ModelFileException">The picture cannot be read.</exception>
    public GeneratedText Generate(
        string imagePath, string prompt, GenerationOptions? options = null, CancellationToken cancellation = default) =>
        Generate([ImageFile.Load(imagePath)], prompt, options, onText: null, cancellation);

    /// <summary>Answers <paramref name="prompt"/> about some pictures.</summary>
    /// <param name="images">The pictures, in the order the prompt speaks of them.</param>
    /// <param name="prompt">The task prompt, for instance <c>caption es</c>.</param>
    /// <param name="options">How to choose tokens; null is greedy.</param>
    /// <param name="onText">Is given every new piece of text as it is made.</param>
    /// <param name="cancellation">Stops between layers.</param>
    public GeneratedText Generate(
        IReadOnlyList<RgbImage> images,
        string prompt,
        GenerationOptions? options = null,
        Action<string>? onText = null,
        CancellationToken cancellation = default)
    {
        PaliGemmaInputs inputs = Processor.Process(images, prompt);
        List<ImageFeatures> features = [];
        try
        {
            foreach (float[] pixels in inputs.Pixels)
            {
                features.Add(Model.EncodeImage(pixels, cancellation));
            }
            using IDecodingState state = Model.Prefill(features, inputs.Tokens, cancellation);
            return Generator.Generate(state, options ?? new GenerationOptions(), onText, cancellation);
        }
        finally
        {
            features.ForEach(image => image.Dispose());
        }
    }

    /// <summary>Answers <paramref name="prompt"/> about some pictures, piece by piece; the work is done on another thread.</summary>
    public async IAsyncEnumerable<string> GenerateStreamAsync(
        IReadOnlyList<RgbImage> images,
        string prompt,
        GenerationOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        // Leaving the enumeration early must stop the work too.
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Channel<string> pieces = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        Task work = Task.Run(
            () =>
            {
                try
                {
                    Generate(images, prompt, options, piece => pieces.Writer.TryWrite(piece), stop.Token);
                    pieces.Writer.Complete();
                }
                catch (Exception error)
                {
                    pieces.Writer.Complete(error);
                }
            },
            CancellationToken.None);
        try
        {
            await foreach (string piece in pieces.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return piece;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
