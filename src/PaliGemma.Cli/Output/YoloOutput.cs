using System.Globalization;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Output;

/// <summary>
/// Prints YOLO's lines, one per object: class, middle x, middle y, width, height as fractions of the picture, confidence
/// (docs.ultralytics.com, as predictions are saved). Classes are numbered in the order in which the things were asked for.
/// </summary>
internal sealed class YoloOutput(TextWriter writer) : AnswerOutput
{
    private readonly CategoryNumbers _classes = new();

    public override void End(Answer answer)
    {
        _classes.Add(answer.Task);
        foreach (DetectedObject found in answer.Output.Objects)
        {
            (float y1, float x1, float y2, float x2) = found.Box;
            float?[] numbers = [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, found.Score];
            IEnumerable<string> texts = numbers.Select(number => string.Create(CultureInfo.InvariantCulture, $"{number:0.######}"));
            writer.WriteLine($"{_classes.Of(found.Label)} {string.Join(' ', texts)}");
        }
    }
}
