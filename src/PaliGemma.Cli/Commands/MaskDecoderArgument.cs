using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary>How the masks of found objects are decoded, and where they are written.</summary>
/// <param name="forSegments">
/// Whether the command is about masks: then they can be written to files, and it is told where there is no decoder.
/// </param>
internal sealed class MaskDecoderArgument(bool forSegments)
{
    /// <summary>Characters of a label in a file's name: systems end names at 255 bytes.</summary>
    private const int LongestName = 60;

    private readonly Option<string?> _file = MaskWeightsOption.Create();

    private readonly Option<string?> _masks = new("--masks")
    {
        Description = "Write each object's mask, white on black and as large as the picture, to a PNG file of its own in this folder.",
        HelpName = "DIR",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_file);
        if (forSegments)
        {
            command.Options.Add(_masks);
        }
    }

    /// <summary>Writes the masks of an answer where that was asked for: <c>1-cat.png</c> and so on.</summary>
    /// <exception cref="ModelFileException">A file cannot be written.</exception>
    public void Save(ParseResult parsed, Answer answer)
    {
        if (Folder(parsed) is not string folder)
        {
            return;
        }
        for (int i = 0; i < answer.Output.Objects.Count; i++)
        {
            if (answer.Output.Objects[i] is { Mask: InstanceMask mask, Label: string label })
            {
                byte[] gray = Array.ConvertAll(mask.ToPicture(), inside => inside ? byte.MaxValue : (byte)0);
                string name = string.Concat(label.Take(LongestName).Select(letter => char.IsLetterOrDigit(letter) ? letter : '_'));
                PngWriter.SaveGray(gray, mask.PictureWidth, mask.PictureHeight, Path.Combine(folder, $"{i + 1}-{name}.png"));
            }
        }
    }

    /// <summary>
    /// The decoder; where there is none and no masks are to be written, says how to get it and returns null: boxes are found without it.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model's folder.</param>
    /// <param name="pictures">How many pictures are asked about.</param>
    /// <param name="tasks">What is asked: where no answer can have masks, there is no decoder.</param>
    /// <exception cref="ArgumentException">Masks cannot be written: the folder is none, or there are several pictures for it.</exception>
    /// <exception cref="ModelFileException">The file is missing but needed, damaged or another one.</exception>
    public MaskDecoder? Load(ParseResult parsed, string model, int pictures, IReadOnlyList<TaskPrompt> tasks)
    {
        if (!tasks.Any(task => task is FreePrompt or ObjectPrompt { HasMasks: true }))
        {
            parsed.RefuseUnless(isUsed: false, "has no effect where no prompt asks for masks", _file);
            return null;
        }
        string? folder = Folder(parsed);
        if (File.Exists(folder))
        {
            throw new ArgumentException($"--masks is '{folder}'; expected a folder to write to.");
        }
        if (folder is not null && pictures > 1)
        {
            throw new ArgumentException($"--masks writes the masks of one picture to one folder, and there are {pictures} pictures.");
        }
        if (MaskWeightsOption.Find(parsed, _file, model) is string file)
        {
            return MaskDecoder.Load(file);
        }
        if (folder is not null)
        {
            throw new ModelFileException(
                "--masks needs the weights vae-oid.npz to decode masks (--mask-decoder, or 'paligemma pull mask-decoder').");
        }
        if (forSegments)
        {
            Console.Error.WriteLine("paligemma: Masks stay codes because there is no decoder for them; 'paligemma pull mask-decoder' gets it.");
        }
        return null;
    }

    /// <summary>Creates the folder for masks where they are to be written, before anything is printed.</summary>
    /// <exception cref="ModelFileException">There can be no files in the folder.</exception>
    public void CreateFolder(ParseResult parsed)
    {
        if (Folder(parsed) is string folder)
        {
            PngFile.CreateFolder(_masks.Name, folder, "1.png");
        }
    }

    private string? Folder(ParseResult parsed) => forSegments ? parsed.GetValue(_masks) : null;
}
