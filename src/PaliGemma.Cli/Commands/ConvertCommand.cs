using System.CommandLine;
using System.Text.Json;
using PaliGemma.Cli.Output;
using PaliGemma.Data.Annotations;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma convert</c>: annotations of other formats to and from PaliGemma's training data.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        Option<AnnotationFormat> from = EnumOption.Required<AnnotationFormat>("--from", "How the annotations are written now.");
        Option<AnnotationFormat> to = EnumOption.Required<AnnotationFormat>("--to", "How they are to be written.");
        Option<string> input = new("--input", "-i")
        {
            Description = "COCO: the JSON file; PaliGemma: the JSONL file; YOLO: data.yaml, or a folder of labels with classes.txt; "
                + "VOC and LabelMe: the folder.",
            Required = true,
            HelpName = "PATH",
        };
        Option<string> output = new("--output", "-o")
        {
            Description = "The file (COCO, PaliGemma) or folder (YOLO, VOC, LabelMe) to write.",
            Required = true,
            HelpName = "PATH",
        };
        Option<string?> images = new("--images")
        {
            Description = "The folder of pictures, if the input does not lead to them; YOLO and PaliGemma need their sizes.",
            HelpName = "DIR",
        };
        Option<string?> split = new("--split")
        {
            Description = "Only this part of a YOLO data set (a key of data.yaml) or of a VOC one (a list in ImageSets/Main).",
            HelpName = "NAME",
        };
        Option<AnnotationTask> task = EnumOption.One(
            "--task", "Write boxes (detect), or boxes and shapes (segment).", AnnotationTask.Detect);
        Option<PromptScope> prompts = EnumOption.One(
            "--prompts", "A line of training data asks for the labels in a picture (image), for one (label), or for all.", PromptScope.Image);
        Option<LocationScale> scale = LocationScaleOption.Create();
        Option<string?> weights = MaskWeightsOption.CreateWithoutModel();
        Option<bool> json = new("--json") { Description = "Print the report as a JSON object." };
        Command command = new("convert", "Convert annotations: COCO, YOLO, Pascal VOC, LabelMe, and PaliGemma's training data.")
        {
            from, to, input, output, images, split, task, prompts, scale, weights, json,
        };
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                AnnotationTarget target = new(parsed.GetRequiredValue(to), parsed.GetRequiredValue(output))
                {
                    Task = parsed.GetValue(task),
                    Prompts = parsed.GetValue(prompts),
                };
                AnnotationSource source = new(parsed.GetRequiredValue(from), parsed.GetRequiredValue(input))
                {
                    Pictures = parsed.GetValue(images),
                    Split = parsed.GetValue(split),
                    Scale = parsed.GetValue(scale),
                };
                bool fromCodes = source.Format == AnnotationFormat.PaliGemma;
                bool toCodes = target.Format == AnnotationFormat.PaliGemma;
                bool usesWeights = target.Task == AnnotationTask.Segment && fromCodes != toCodes;
                parsed.RefuseUnless(toCodes, "is about lines of training data; expected --to paligemma with it", prompts);
                parsed.RefuseUnless(fromCodes, "is about locations in training data; expected --from paligemma with it", scale);
                parsed.RefuseUnless(
                    usesWeights,
                    "is about shapes in training data; expected --task segment with it, and either --from or --to paligemma",
                    weights);
                string? file = usesWeights ? MaskWeightsOption.Find(parsed, weights, model: null) : null;
                using MaskDecoder? decoder = file is null ? null : MaskDecoder.Load(file);
                using MaskEncoder? encoder = file is null ? null : MaskEncoder.Load(file);
                source = source with { MaskDecoder = decoder };
                target = target with { MaskEncoder = encoder };
                ConversionReport report = ProgressDisplay.Run(
                    "Converting",
                    done => AnnotationConversion.Run(source, target, new SynchronousProgress<double>(done), cancellation));
                Console.Out.WriteLine(parsed.GetValue(json)
                    ? JsonSerializer.Serialize(report, OutputJson.Readable.ConversionReport)
                    : ConversionText.Of(report));
            },
            cancellation));
        return command;
    }
}
