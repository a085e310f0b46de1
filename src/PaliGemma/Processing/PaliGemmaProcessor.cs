using PaliGemma.Configuration;
using PaliGemma.Imaging;
using PaliGemma.Tokenization;

namespace PaliGemma.Processing;

/// <summary>Turns pictures and a prompt into what a model reads (processing_paligemma.py).</summary>
public sealed class PaliGemmaProcessor
{
    private readonly PaliGemmaConfig _config;
    private readonly PaliGemmaTokenizer _tokenizer;
    private readonly ImageProcessor _images;

    /// <summary>Creates the processor of a checkpoint.</summary>
    public PaliGemmaProcessor(PaliGemmaConfig config, PaliGemmaTokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(tokenizer);
        _config = config;
        _tokenizer = tokenizer;
        _images = new ImageProcessor(config.Vision.ImageSize);
    }

    /// <summary>The inputs of one picture and a prompt.</summary>
    public PaliGemmaInputs Process(RgbImage image, string prompt) => Process([image], prompt);

    /// <summary>The inputs of several pictures and a prompt about them; no picture gives a prompt of text alone.</summary>
    public PaliGemmaInputs Process(IReadOnlyList<RgbImage> images, string prompt)
    {
        ArgumentNullException.ThrowIfNull(images);
        return new PaliGemmaInputs([.. images.Select(ProcessImage)], EncodePrompt(prompt, images.Count));
    }

    /// <summary>The pixels of a picture [3, size, size], normalised to -1 … 1.</summary>
    public float[] ProcessImage(RgbImage image) => _images.Process(image);

    /// <summary>
    /// Image tokens of <paramref name="imageCount"/> pictures, bos, then the prompt and a newline as one string: a prompt that ends in a
    /// newline so ends in the one token of two newlines, as in the reference.
    /// </summary>
    public int[] EncodePrompt(string prompt, int imageCount)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentOutOfRangeException.ThrowIfNegative(imageCount);
        int[] tokens = new int[checked(imageCount * _config.Vision.PatchCount)];
        Array.Fill(tokens, _config.ImageTokenId);
        return [.. tokens, _config.BosTokenId, .. _tokenizer.Encode(prompt + "\n")];
    }
}
