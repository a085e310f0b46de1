using System.CommandLine;
using System.Globalization;
using PaliGemma.Cli.Output;
using PaliGemma.Data.Shapes;
using PaliGemma.Generation;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma score-scenes</c>: how well a model does on drawn scenes that it has not seen.</summary>
internal static class ScoreScenesCommand
{
    /// <summary>Far from the seeds that training takes.</summary>
    public const ulong HeldOutSeed = 1_000_003;

    public static Command Create()
    {
        ModelArguments model = new();
        Option<string?> decoder = MaskWeightsOption.Create();
        Option<int> count = SceneCountOption.Create("How many scenes.");
        Option<ulong> seed = SeedOption.Create(fallback: HeldOutSeed);
        Command command = new("score-scenes", "Score a model on drawn scenes of shapes and words.") { decoder, count, seed };
        model.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string? file = MaskWeightsOption.Find(parsed, decoder, model.Folder(parsed));
                using MaskDecoder? masks = file is null ? null : MaskDecoder.Load(file);
                using PaliGemmaPipeline pipeline = model.Load(parsed);
                Write(ProgressDisplay.Run(
                    "Scoring", done => Score(pipeline, masks, parsed.GetValue(seed), parsed.GetValue(count), done, cancellation)));
            },
            cancellation));
        return command;
    }

    /// <summary>Asks one thing of each task about each scene.</summary>
    private static SceneScores Score(
        PaliGemmaPipeline pipeline, MaskDecoder? masks, ulong seed, int count, Action<double> done, CancellationToken cancellation)
    {
        SceneGenerator generator = new(seed, new SceneOptions());
        // Masks are compared, not codes.
        SceneExaminer examiner = new(seed, encodeMask: _ => null);
        SceneTask[] tasks = [.. Enum.GetValues<SceneTask>().Where(task => masks is not null || task != SceneTask.Segment)];
        TaskOptions options = new() { MaskDecoder = masks };
        SceneScorer scorer = new();
        for (int index = 0; index < count; index++)
        {
            Scene scene = generator.Draw(index);
            SceneExample[] examples = [.. tasks.Select(task => examiner.Ask(scene, index, task))];
            IReadOnlyList<TaskOutput> outputs =
                pipeline.Run(scene.Image, [.. examples.Select(example => TaskPrompt.Parse(example.Prefix))], options, cancellation);
            foreach ((SceneExample example, TaskOutput output) in examples.Zip(outputs))
            {
                scorer.Add(scene.Shapes, example, output);
            }
            done((index + 1.0) / count);
        }
        return scorer.Scores;
    }

    private static void Write(SceneScores scores)
    {
        TextTable table = new();
        foreach ((string name, double value) in scores.Named)
        {
            table.Add(name, value.ToString("F3", CultureInfo.InvariantCulture));
        }
        table.WriteTo(Console.Out);
    }
}
