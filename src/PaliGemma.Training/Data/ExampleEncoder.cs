using PaliGemma.Processing;
using PaliGemma.Tokenization;

namespace PaliGemma.Training.Data;

/// <summary>Turns examples into what the model computes with: pictures into pixels, prefix, newline and suffix into tokens.</summary>
/// <param name="processor">Of the model that is trained.</param>
/// <param name="tokenizer">Of the same model.</param>
public sealed class ExampleEncoder(PaliGemmaProcessor processor, PaliGemmaTokenizer tokenizer)
{
    /// <summary>Encodes one example. Safe for several threads.</summary>
    public TrainingSequence Encode(TrainingExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        PaliGemmaInputs inputs = processor.Process(example.Images, example.Prefix);
        return new TrainingSequence(inputs.Pixels, inputs.Tokens, [.. tokenizer.Encode(example.Suffix), tokenizer.EosId]);
    }
}
