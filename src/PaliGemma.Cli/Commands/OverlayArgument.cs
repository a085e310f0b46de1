using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Imaging;

namespace PaliGemma.Cli.Commands;

/// <summary>The option that draws found objects over their picture.</summary>
internal sealed class OverlayArgument
{
    private readonly Option<string?> _overlay = new("--overlay")
    {
        Description = "Write the picture with the objects drawn over it to this PNG file.",
        HelpName = "FILE",
    };

    public void AddTo(Command command) => command.Options.Add(_overlay);

    /// <summary>Checks the option before anything is done.</summary>
    /// <exception cref="ArgumentException">The file's name is not that of a picture, or there are several pictures for it.</exception>
    /// <exception cref="ModelFileException">The file cannot be written.</exception>
    public void Check(ParseResult parsed, int pictures)
    {
        if (parsed.GetValue(_overlay) is not string file)
        {
            return;
        }
        if (pictures > 1)
        {
            throw new ArgumentException($"--overlay writes one picture to one file, and there are {pictures} pictures.");
        }
        PngFile.Check(_overlay.Name, file);
    }

    /// <summary>Draws the objects of an answer where the options or the terminal ask for it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="isForPrograms">Whether answers are printed as JSON or annotations, among which no picture is in place.</param>
    public void Show(ParseResult parsed, Answer answer, bool isForPrograms)
    {
        TerminalImage.Protocol terminal = isForPrograms ? TerminalImage.Protocol.None : TerminalImage.Supported();
        string? file = parsed.GetValue(_overlay);
        if (file is null && terminal == TerminalImage.Protocol.None)
        {
            return;
        }
        RgbImage overlay = OverlayRenderer.Render(answer.Image, answer.Output.Objects);
        if (file is not null)
        {
            PngWriter.Save(overlay, file);
        }
        Console.Out.Write(TerminalImage.Encode(overlay, terminal));
    }
}
