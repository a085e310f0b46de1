using System.CommandLine;
using System.Globalization;
using PaliGemma.Cli.Commands;
using PaliGemma.Cli.Output;
using PaliGemma.Configuration;
using PaliGemma.Imaging;
using PaliGemma.Processing;
using PaliGemma.Tokenization;
using PaliGemma.Training.Data;

namespace PaliGemma.Training.Cli.Commands;

/// <summary><c>paligemma-train inspect</c>: what the model is shown of some examples, and what it is to learn.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        Argument<string> data = new("data") { Description = "Examples: JSON lines of image, prefix and suffix.", HelpName = "FILE" };
        Option<string> model = new("--model", "-m")
        {
            Description = "The model folder whose tokenizer and picture size are used.",
            Required = true,
            HelpName = "DIR",
        };
        Option<int> count = new("--count", "-n")
        {
            Description = "How many examples to show.",
            DefaultValueFactory = _ => 3,
            CustomParser = NumberParser.Create<int>(value => value > 0, "a whole number of at least 1"),
            HelpName = "N",
        };
        Option<string?> images = new("--images") { Description = "The folder of the pictures; without it, the file's own.", HelpName = "DIR" };
        Option<string?> pictures = new("--pictures") { Description = "A folder to write the pictures to as the model sees them.", HelpName = "DIR" };
        Option<ulong> seed = SeedOption.Create("Start of all random sequences.");
        Command command = new("inspect", "Show tokens, mask, targets and pictures of some examples.") { data, model, count, images, pictures, seed };
        AugmentationArguments augmentation = new();
        augmentation.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(
            () =>
            {
                string folder = ModelFolder.Resolve(parsed.GetRequiredValue(model));
                PaliGemmaConfig config = PaliGemmaConfig.Load(folder);
                PaliGemmaTokenizer tokenizer = PaliGemmaTokenizer.Load(folder);
                ExampleEncoder encoder = new(new PaliGemmaProcessor(config, tokenizer), tokenizer);
                using JsonlFile file = JsonlFile.Open(parsed.GetRequiredValue(data), parsed.GetValue(images), cancellation);
                IExampleSource examples = augmentation.Apply(parsed, new JsonlExamples(file, parsed.GetValue(seed)), parsed.GetValue(seed));
                Console.Out.WriteLine($"{file.Path}: {file.Count} examples");
                for (int i = 0; i < Math.Min(parsed.GetValue(count), file.Count); i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    TrainingExample example = examples.Read(i);
                    TrainingSequence sequence = encoder.Encode(example);
                    Show(i, example, sequence, config, tokenizer);
                    if (parsed.GetValue(pictures) is string place)
                    {
                        Save(place, i, sequence, config);
                    }
                }
            },
            cancellation));
        return command;
    }

    private static void Show(int number, TrainingExample example, TrainingSequence sequence, PaliGemmaConfig config, PaliGemmaTokenizer tokenizer)
    {
        TextWriter output = Console.Out;
        string sizes = string.Join(", ", example.Images.Select(image => string.Create(CultureInfo.InvariantCulture, $"{image.Width} x {image.Height}")));
        output.WriteLine();
        output.WriteLine($"example {number}: pictures {sizes}");
        output.WriteLine($"  prefix  {Quoted(example.Prefix)}");
        output.WriteLine($"  suffix  {Quoted(example.Suffix)}");
        int imageTokens = sequence.Prefix.Count(token => token == config.ImageTokenId);
        TextTable table = new();
        table.Add("place", "token", "piece", "sees", "learns");
        if (imageTokens > 0)
        {
            table.Add($"0-{imageTokens - 1}", $"{config.ImageTokenId}", "<image>", Range(sequence.Prefix.Count), "");
        }
        int[] tokens = [.. sequence.Prefix, .. sequence.Suffix];
        for (int place = imageTokens; place < tokens.Length; place++)
        {
            bool isPredictor = place >= sequence.Prefix.Count - 1 && place + 1 < tokens.Length;
            table.Add(
                $"{place}",
                $"{tokens[place]}",
                Quoted(tokenizer.PieceOf(tokens[place])),
                Range(Math.Max(sequence.Prefix.Count, place + 1)),
                isPredictor ? $"{tokens[place + 1]} {Quoted(tokenizer.PieceOf(tokens[place + 1]))}" : "");
        }
        table.WriteTo(output);
    }

    private static string Range(int end) => $"0-{end - 1}";

    private static string Quoted(string text) => $"\"{text.Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    /// <summary>Turns pixels back into pictures: they are what has been through resizing and normalising.</summary>
    private static void Save(string folder, int number, TrainingSequence sequence, PaliGemmaConfig config)
    {
        Directory.CreateDirectory(folder);
        int size = config.Vision.ImageSize;
        for (int picture = 0; picture < sequence.Pixels.Count; picture++)
        {
            float[] pixels = sequence.Pixels[picture];
            byte[] bytes = new byte[pixels.Length];
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)MathF.Round((pixels[((i % 3) * size * size) + (i / 3)] + 1) * 127.5f);
            }
            string name = string.Create(CultureInfo.InvariantCulture, $"{number:D3}{(sequence.Pixels.Count > 1 ? $"-{picture}" : "")}.png");
            PngWriter.Save(new RgbImage(size, size, bytes), Path.Combine(folder, name));
        }
    }
}
