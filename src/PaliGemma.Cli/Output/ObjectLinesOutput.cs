using System.Globalization;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Tokenization;

namespace PaliGemma.Cli.Output;

/// <summary>Prints one line per object, as soon as it is complete, in pixels of the original picture.</summary>
/// <param name="writer">Where to.</param>
/// <param name="tokenizer">The model's.</param>
/// <param name="options">How objects are read; masks are not.</param>
/// <param name="namePictures">Whether answers are headed by their picture's name.</param>
internal sealed class ObjectLinesOutput(
    TextWriter writer, PaliGemmaTokenizer tokenizer, TaskOptions options, bool namePictures) : AnswerOutput
{
    private ObjectReader? _reader;

    /// <summary>What is said of an object.</summary>
    public static string Line(DetectedObject found)
    {
        PixelBox box = found.PixelBox;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{found.Label} ({found.Score:0.00}): y1 {box.Y1:0}, x1 {box.X1:0}, y2 {box.Y2:0}, x2 {box.X2:0}");
    }

    public override void BeginPicture(string file)
    {
        if (namePictures)
        {
            writer.WriteLine(file + ":");
        }
    }

    public override void Begin(TaskPrompt task, RgbImage image) =>
        _reader = new ObjectReader(task, tokenizer, image.Width, image.Height, options with { MaskDecoder = null });

    public override void Take(GeneratedToken token) => Print(_reader!.Append(token));

    public override void End(Answer answer)
    {
        Print(_reader!.Complete());
        if (answer.Output.Objects.Count == 0)
        {
            writer.WriteLine("nothing found");
        }
    }

    private void Print(IEnumerable<DetectedObject> found)
    {
        foreach (DetectedObject one in found)
        {
            writer.WriteLine(Line(one));
            writer.Flush();
        }
    }
}
