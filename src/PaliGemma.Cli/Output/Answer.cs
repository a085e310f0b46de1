using PaliGemma.Data.Annotations;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Output;

/// <summary>The finished answer to one prompt about one picture.</summary>
/// <param name="File">The picture's file, as it was named.</param>
/// <param name="Image">The picture.</param>
/// <param name="Task">What was asked.</param>
/// <param name="Generated">What the model said.</param>
/// <param name="Output">How it was read.</param>
/// <param name="Timings">Where the time went.</param>
internal sealed record Answer(
    string File, RgbImage Image, TaskPrompt Task, GeneratedText Generated, TaskOutput Output, AnswerTimings Timings)
{
    /// <summary>What was found, as annotations of the picture.</summary>
    public AnnotatedImage Annotations => AnnotatedImage.Of(File, Image.Width, Image.Height, Output.Objects);
}
