using PaliGemma.Generation;
using PaliGemma.Tokenization;

namespace PaliGemma.Tasks;

/// <summary>Reads an answer as its task means it.</summary>
public static class TaskOutputParser
{
    /// <summary>Reads an answer of the model; objects have scores.</summary>
    /// <param name="task">
    /// What was asked. Objects are looked for in answers to <see cref="ObjectPrompt"/>s, and where a <see cref="FreePrompt"/> is answered
    /// with locations.
    /// </param>
    /// <param name="answer">What the model said.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="width">The original picture's width in pixels.</param>
    /// <param name="height">The original picture's height in pixels.</param>
    /// <param name="options">How objects are read; null for the defaults.</param>
    public static TaskOutput Parse(
        TaskPrompt task, GeneratedText answer, PaliGemmaTokenizer tokenizer, int width, int height, TaskOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (!(task is ObjectPrompt || (task is FreePrompt && LocationTokens.OccurIn(answer.Text))))
        {
            return new TaskOutput(answer.Text, [], []);
        }
        ObjectReader reader = new(task, tokenizer, width, height, options ?? new TaskOptions());
        DetectedObject[] objects = [.. answer.Tokens.SelectMany(reader.Append), .. reader.Complete()];
        return new TaskOutput(answer.Text, objects, reader.Problems);
    }

    /// <summary>Reads objects from an answer's text; they have no scores. What was asked for is not known here.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="width">The original picture's width in pixels.</param>
    /// <param name="height">The original picture's height in pixels.</param>
    /// <param name="scale">What a location token's number is divided by.</param>
    public static TaskOutput ParseObjects(string text, int width, int height, LocationScale scale = LocationScale.Over1023)
    {
        StreamingObjectParser parser = new(width, height, scale);
        DetectedObject[] objects = [.. parser.Append(text), .. parser.Complete()];
        return new TaskOutput(text, objects, parser.Problems);
    }
}
