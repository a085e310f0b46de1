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
    private const ulong HeldOutSeed = 1_000_003;

    public static Command Create()
    {
        ModelArguments model = new();
        Option<string?> decoder = new("--mask-decoder")
        {
            Description = "The model's mask decoder; the file vae-oid.npz in its folder if not given.",
            HelpName = "FILE",
        };
        Option<int> count = new("--count") { Description = "How many scenes.", DefaultValueFactory = _ => 500, HelpName = "N" };
        Option<ulong> seed = new("--seed") { Description = "Start of the random sequence.", DefaultValueFactory = _ => HeldOutSeed, HelpName = "S" };
        Command command = new("score-scenes", "Score a model on drawn scenes of shapes and words.") { decoder, count, seed };
        model.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string file = parsed.GetValue(decoder) ?? Path.Combine(model.Folder(parsed), "vae-oid.npz");
                using PaliGemmaPipeline pipeline = model.Load(parsed);
                using MaskDecoder? masks = File.Exists(file) ? MaskDecoder.Load(file) : null;
                // Masks are compared, not codes; what the examiner writes of them is not used.
                SceneExaminer examiner = new(parsed.GetValue(seed), encodeMask: _ => new int[SegmentationTokens.PerMask]);
                SceneScores scores = ProgressDisplay.Run(
                    "Scoring",
                    done => SceneScores.Measure(
                        pipeline, masks, new SceneGenerator(parsed.GetValue(seed), new SceneOptions()), examiner, parsed.GetValue(count), done, cancellation));
                Write(scores);
            },
            cancellation));
        return command;
    }

    private static void Write(SceneScores scores)
    {
        TextTable table = new();
        Add("captions, exact", scores.Captions);
        Add("counts", scores.Counts);
        Add("colours", scores.Colors);
        Add("presence", scores.Presence);
        Add("words read", scores.Words);
        Add("detection, mean IoU", scores.DetectionIoU);
        Add("detection, F1", scores.DetectionF1);
        if (!double.IsNaN(scores.SegmentationIoU))
        {
            Add("segmentation, mean IoU", scores.SegmentationIoU);
        }
        table.WriteTo(Console.Out);

        void Add(string name, double value) => table.Add(name, value.ToString("F3", CultureInfo.InvariantCulture));
    }
}
