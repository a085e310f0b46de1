using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using PaliGemma.Cli.Output;
using PaliGemma.Data.Shapes;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma demo</c>: draws a scene of shapes, lets the model describe it and find what is in it, and says how long that took.</summary>
internal static class DemoCommand
{
    /// <summary>Draws other scenes than training and scoring do.</summary>
    private const ulong Seed = 2_000_003;

    /// <summary>Large enough for labels to be read.</summary>
    private static readonly SceneOptions Scenes = new() { FewestShapes = 3, WordShare = 0, SmallestSide = 440, LargestSide = 520 };

    public static Command Create()
    {
        ModelArguments model = new();
        Option<string?> maskWeights = MaskWeightsOption.Create();
        Option<long> number = new("--scene")
        {
            Description = "The number of the scene to draw.",
            DefaultValueFactory = _ => 39,
            CustomParser = NumberParser.Create<long>(value => value >= 0, "a whole number of at least 0"),
            HelpName = "N",
        };
        Option<string> output = new("--output", "-o")
        {
            Description = "The folder for both pictures: scene.png as it was drawn, and found.png with boxes and masks.",
            DefaultValueFactory = _ => "paligemma-demo",
            HelpName = "DIR",
        };
        Command command = new("demo", "Draw a scene of shapes, describe it and find what is in it: a first look at what the model does.")
        {
            number, output, maskWeights,
        };
        model.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string? file = MaskWeightsOption.Find(parsed, maskWeights, model.Folder(parsed));
                using MaskDecoder? masks = file is null ? null : MaskDecoder.Load(file);
                string[] files = PngFile.CreateFolder(output.Name, parsed.GetRequiredValue(output), "scene.png", "found.png");
                Scene scene = new SceneGenerator(Seed, Scenes).Draw(parsed.GetValue(number));
                long start = Stopwatch.GetTimestamp();
                using PaliGemmaPipeline pipeline = model.Load(parsed);
                TimeSpan loading = Stopwatch.GetElapsedTime(start);
                start = Stopwatch.GetTimestamp();
                IReadOnlyList<TaskOutput> outputs = pipeline.Run(
                    scene.Image, Prompts(scene), new TaskOptions { MaskDecoder = masks }, cancellation);
                TimeSpan answering = Stopwatch.GetElapsedTime(start);
                Show(files[0], files[1], scene.Image, outputs, masks is null ? "boxes" : "boxes and masks");
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{outputs.Count} answers in {answering.TotalSeconds:0.00} s, after {loading.TotalSeconds:0.00} s of loading the model"));
            },
            cancellation));
        return command;
    }

    /// <summary>A caption, then each kind of thing in the scene.</summary>
    private static TaskPrompt[] Prompts(Scene scene) =>
    [
        new CaptionPrompt("en"),
        .. scene.Shapes
            .Select(shape => EnglishShapes.Name(shape.Color, shape.Kind))
            .Distinct()
            .Select(thing => new SegmentPrompt([thing])),
    ];

    private static void Show(string drawn, string found, RgbImage picture, IReadOnlyList<TaskOutput> outputs, string marks)
    {
        DetectedObject[] objects = [.. outputs.SelectMany(output => output.Objects)];
        RgbImage overlay = OverlayRenderer.Render(picture, objects);
        PngWriter.Save(picture, drawn);
        PngWriter.Save(overlay, found);
        Console.Out.WriteLine($"{drawn}: {outputs[0].Text}");
        Console.Out.WriteLine($"{found}: {objects.Length} things with {marks}");
        foreach (DetectedObject one in objects)
        {
            Console.Out.WriteLine("  " + ObjectLinesOutput.Line(one));
        }
        Console.Out.Write(TerminalImage.Encode(overlay, TerminalImage.Supported()));
    }
}
