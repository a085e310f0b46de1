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
    /// <summary>Takes a model from wherever it comes.</summary>
    /// <param name="model">The model; owned.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="imageCacheBytes">See <see cref="ModelOptions.ImageCacheBytes"/>.</param>
    public PaliGemmaPipeline(IPaliGemmaModel model, PaliGemmaTokenizer tokenizer, long imageCacheBytes = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        Model = model;
        Tokenizer = tokenizer;
        Processor = new PaliGemmaProcessor(model.Config, tokenizer);
        Generator = new Generator(model, tokenizer);
        ImageCache = new ImageFeatureCache(model, imageCacheBytes);
    }

    /// <summary>The model.</summary>
    public IPaliGemmaModel Model { get; }

    /// <summary>The tokenizer of the same folder.</summary>
    public PaliGemmaTokenizer Tokenizer { get; }

    /// <summary>Turns pictures and a prompt into the model's inputs.</summary>
    public PaliGemmaProcessor Processor { get; }

    /// <summary>The decoding loop.</summary>
    public Generator Generator { get; }

    /// <summary>The pictures seen last, encoded.</summary>
    public ImageFeatureCache ImageCache { get; }

    /// <summary>
    /// Loads a folder in Hugging Face's layout (config.json, safetensors and a tokenizer), or big_vision's .npz file with a tokenizer
    /// beside it.
    /// </summary>
    /// <param name="path">The folder, or the .npz file.</param>
    /// <param name="options">Precision, threads and progress.</param>
    /// <exception cref="ModelFileException">A file is missing or not what it should be.</exception>
    public static PaliGemmaPipeline Load(string path, ModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ModelOptions();
        Checkpoint checkpoint = Checkpoint.Open(path);
        PaliGemmaModel? model = null;
        try
        {
            PaliGemmaConfig config = checkpoint.LoadConfig();
            // Both parse a large file: side by side they take as long as the slower one.
            Task<PaliGemmaTokenizer> loading = Task.Run(() => PaliGemmaTokenizer.Load(checkpoint.Folder));
            model = new PaliGemmaModel(config, checkpoint, options);
            PaliGemmaTokenizer tokenizer = loading.GetAwaiter().GetResult();
            if (tokenizer.ImageId != config.ImageTokenId)
            {
                throw new ModelFileException(
                    $"The tokenizer in {checkpoint.Folder} has the image token {tokenizer.ImageId}; the model expects {config.ImageTokenId}.");
            }
            return new PaliGemmaPipeline(model, tokenizer, options.ImageCacheBytes);
        }
        catch
        {
            model?.Dispose();
            checkpoint.Dispose();
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
        using IDecodingState state = Prefill(images, [prompt], cancellation)[0];
        return Generator.Generate(state, options ?? new GenerationOptions(), onText, cancellation);
    }

    /// <summary>Answers several prompts about one picture, which is encoded once; the answers are decoded together.</summary>
    /// <returns>One answer per prompt, in order.</returns>
    public IReadOnlyList<GeneratedText> Generate(
        RgbImage image, IReadOnlyList<string> prompts, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        IReadOnlyList<IDecodingState> states = Prefill([image], prompts, cancellation);
        try
        {
            return Generator.Generate(states, options ?? new GenerationOptions(), cancellation);
        }
        finally
        {
            DisposeAll(states);
        }
    }

    /// <summary>Answers <paramref name="prompt"/> about some pictures, piece by piece; the work is done on another thread.</summary>
    public IAsyncEnumerable<string> GenerateStreamAsync(
        IReadOnlyList<RgbImage> images, string prompt, GenerationOptions? options = null, CancellationToken cancellation = default) =>
        BackgroundStream.Run<string>((onText, stop) => Generate(images, prompt, options, onText, stop), cancellation);

    /// <summary>Reads several prompts about the same pictures, each of which is encoded at most once.</summary>
    /// <returns>One sequence per prompt, in order, ready to decode; the caller disposes them.</returns>
    public IReadOnlyList<IDecodingState> Prefill(
        IReadOnlyList<RgbImage> images, IReadOnlyList<string> prompts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(prompts);
        List<ImageFeatureLease> leases = [];
        List<IDecodingState> states = [];
        try
        {
            foreach (float[] pixels in images.Select(Processor.ProcessImage))
            {
                leases.Add(ImageCache.Rent(pixels, cancellation));
            }
            ImageFeatures[] features = [.. leases.Select(lease => lease.Features)];
            foreach (string prompt in prompts)
            {
                states.Add(Model.Prefill(features, Processor.EncodePrompt(prompt, images.Count), cancellation));
            }
            return states;
        }
        catch
        {
            DisposeAll(states);
            throw;
        }
        finally
        {
            DisposeAll(leases);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ImageCache.Dispose();
        Model.Dispose();
    }

    private static void DisposeAll(IEnumerable<IDisposable> resources)
    {
        foreach (IDisposable resource in resources)
        {
            resource.Dispose();
        }
    }
}
