using System.CommandLine;
using PaliGemma.Data.Shapes;
using PaliGemma.Imaging;

namespace PaliGemma.Cli.Commands;

/// <summary><c>paligemma draw-scenes</c>: a sheet of the drawn scenes that the small model learns from.</summary>
internal static class DrawScenesCommand
{
    public static Command Create()
    {
        Option<string> output = new("--output", "-o") { Description = "The PNG file to write.", Required = true, HelpName = "FILE" };
        Option<int> count = new("--count")
        {
            Description = "How many scenes.",
            DefaultValueFactory = _ => 24,
            CustomParser = NumberParser.Create<int>(value => value is > 0 and <= 400, "a whole number from 1 to 400"),
            HelpName = "N",
        };
        Option<long> first = new("--first")
        {
            Description = "The number of the first scene.",
            CustomParser = NumberParser.Create<long>(value => value >= 0, "a whole number of at least 0"),
            HelpName = "N",
        };
        Option<ulong> seed = SeedOption.Create();
        Command command = new("draw-scenes", "Draw scenes of shapes and words, with what is in them and examples of what is asked about them.")
        {
            output, count, first, seed,
        };
        command.SetAction(parsed =>
        {
            string file = parsed.GetRequiredValue(output);
            PngFile.Check(output.Name, file);
            ulong start = parsed.GetValue(seed);
            PngWriter.Save(
                ContactSheet.Draw(
                    new SceneGenerator(start, new SceneOptions()), new SceneExaminer(start), parsed.GetValue(first), parsed.GetValue(count)),
                file);
            Console.Out.WriteLine($"{file}: {parsed.GetValue(count)} scenes.");
        });
        return command;
    }
}
