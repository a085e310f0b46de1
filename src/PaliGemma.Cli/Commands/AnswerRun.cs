using System.Diagnostics;
using PaliGemma.Cli.Output;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary>Asks a model about one picture after another and prints the answers.</summary>
/// <param name="pipeline">The model.</param>
/// <param name="options">How tasks are run.</param>
/// <param name="loadTime">How long loading the model took.</param>
/// <param name="output">Prints the answers.</param>
/// <param name="problems">Is told what in an answer is not as objects are written.</param>
internal sealed class AnswerRun(
    PaliGemmaPipeline pipeline, TaskOptions options, TimeSpan loadTime, AnswerOutput output, TextWriter problems)
{
    /// <summary>Is given every answer after it has been printed.</summary>
    public Action<Answer>? Finished { get; init; }

    /// <summary>Encodes the picture once and runs every task on it.</summary>
    public void Answer(string file, IReadOnlyList<TaskPrompt> tasks, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        RgbImage image = ImageFile.Load(file);
        float[] pixels = pipeline.Processor.ProcessImage(image);
        using ImageFeatures features = ProgressDisplay.Run("Looking", _ => pipeline.Model.EncodeImage(pixels, cancellation));
        TimeSpan imageTime = Stopwatch.GetElapsedTime(start);
        output.BeginPicture(file);
        foreach (TaskPrompt task in tasks)
        {
            Answer answer = Run(file, image, task, features, imageTime, cancellation);
            output.End(answer);
            Finished?.Invoke(answer);
            foreach (ParseProblem problem in answer.Output.Problems)
            {
                problems.WriteLine($"paligemma: {file}: {problem.What}");
            }
        }
    }

    private Answer Run(
        string file, RgbImage image, TaskPrompt task, ImageFeatures features, TimeSpan imageTime, CancellationToken cancellation)
    {
        GenerationOptions generation = pipeline.GenerationFor(task, options);
        long start = Stopwatch.GetTimestamp();
        int[] tokens = pipeline.Processor.EncodePrompt(task.Text, imageCount: 1);
        using IDecodingState state = ProgressDisplay.Run("Reading", _ => pipeline.Model.Prefill([features], tokens, cancellation));
        TimeSpan prefillTime = Stopwatch.GetElapsedTime(start);
        output.Begin(task, image);
        start = Stopwatch.GetTimestamp();
        GeneratedText generated = pipeline.Generator.Generate(
            state, generation, (GeneratedToken token) => output.Take(token), cancellation);
        TimeSpan decodeTime = Stopwatch.GetElapsedTime(start);
        AnswerTimings timings = new()
        {
            Load = Milliseconds(loadTime),
            Image = Milliseconds(imageTime),
            Prefill = Milliseconds(prefillTime),
            Decode = Milliseconds(decodeTime),
            DecodeTokensPerSecond = Math.Round(generated.Tokens.Count / decodeTime.TotalSeconds, 3),
        };
        TaskOutput read = TaskOutputParser.Parse(task, generated, pipeline.Tokenizer, image.Width, image.Height, options);
        return new Answer(file, image, task, generated, read, timings);
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
