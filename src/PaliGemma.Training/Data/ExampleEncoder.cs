using System.Runtime.CompilerServices;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Tokenization;

namespace PaliGemma.Training.Data;

/// <summary>Turns examples into what the model computes with: pictures into pixels, prefix, newline and suffix into tokens.</summary>
/// <param name="processor">Of the model that is trained.</param>
/// <param name="tokenizer">Of the same model.</param>
public sealed class ExampleEncoder(PaliGemmaProcessor processor, PaliGemmaTokenizer tokenizer)
{
    private readonly ConditionalWeakTable<RgbImage, float[]> _pixels = [];

    /// <summary>Encodes one example. Safe for several threads. Examples that share a picture share its pixels.</summary>
    public TrainingSequence Encode(TrainingExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        float[][] pixels = [.. example.Images.Select(image => _pixels.GetValue(image, processor.ProcessImage))];
        return new TrainingSequence(pixels, processor.EncodePrompt(example.Prefix, pixels.Length), [.. tokenizer.Encode(example.Suffix), tokenizer.EosId])
        {
            ImageParts = example.ImageParts,
        };
    }
}
