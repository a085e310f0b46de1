using System.Diagnostics;
using System.Text.Json;
using PaliGemma.Cli.Output;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Processing;

namespace PaliGemma.Cli.Commands;

/// <summary>Asks a model one prompt about one picture after another and prints the answers.</summary>
internal sealed class AnswerRun(PaliGemmaPipeline pipeline, GenerationOptions options, TimeSpan loadTime, bool json, TextWriter output)
{
    /// <summary>Whether answers are headed by their picture's name.</summary>
    public bool NamePictures { get; init; }

    /// <summary>Encodes the picture once and answers every prompt about it.</summary>
    public void Answer(string file, IReadOnlyList<string> prompts, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        RgbImage image = ImageFile.Load(file);
        PaliGemmaInputs[] inputs = [.. prompts.Select(prompt => pipeline.Processor.Process(image, prompt))];
        using ImageFeatures features = ProgressDisplay.Run("Looking", _ => pipeline.Model.EncodeImage(inputs[0].Pixels[0], cancellation));
        TimeSpan imageTime = Stopwatch.GetElapsedTime(start);
        if (NamePictures && !json)
        {
            output.WriteLine(file + ":");
        }
        for (int i = 0; i < prompts.Count; i++)
        {
            Answer(file, prompts[i], inputs[i], features, imageTime, cancellation);
        }
    }

    private void Answer(
        string file, string prompt, PaliGemmaInputs inputs, ImageFeatures features, TimeSpan imageTime, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        using IDecodingState state = ProgressDisplay.Run("Reading", _ => pipeline.Model.Prefill([features], inputs.Tokens, cancellation));
        TimeSpan prefillTime = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        GeneratedText answer = pipeline.Generator.Generate(state, options, json ? null : Stream, cancellation);
        TimeSpan decodeTime = Stopwatch.GetElapsedTime(start);
        if (!json)
        {
            output.WriteLine();
            return;
        }
        AnswerRecord record = new()
        {
            Image = file,
            Prompt = prompt,
            Text = answer.Text,
            Tokens = [.. answer.Tokens.Select(token => token.Id)],
            LogProbabilities = [.. answer.Tokens.Select(token => token.LogProbability)],
            FinishReason = answer.FinishReason == FinishReason.Stop ? "stop" : "length",
            Timings = new AnswerTimings
            {
                Load = Milliseconds(loadTime),
                Image = Milliseconds(imageTime),
                Prefill = Milliseconds(prefillTime),
                Decode = Milliseconds(decodeTime),
                DecodeTokensPerSecond = Math.Round(answer.Tokens.Count / decodeTime.TotalSeconds, 3),
            },
        };
        output.WriteLine(JsonSerializer.Serialize(record, OutputJson.Readable.AnswerRecord));
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    private void Stream(string text)
    {
        output.Write(text);
        output.Flush();
    }
}
