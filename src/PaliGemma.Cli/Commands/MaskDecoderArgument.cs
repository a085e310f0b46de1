using System.CommandLine;
using PaliGemma.Checkpoints;
using PaliGemma.Cli.Output;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary><c>--mask-decoder</c>: the weights that turn the codes of masks into shapes.</summary>
internal sealed class MaskDecoderArgument
{
    private readonly Option<string?> _file = new("--mask-decoder")
    {
        Description = "The file vae-oid.npz, which decodes masks; the one that 'paligemma pull mask-decoder' brought if not given.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _masks = new("--masks")
    {
        Description = "Write each object's mask, white on black and as large as the picture, to a PNG file of its own in this folder.",
        HelpName = "DIR",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_file);
        command.Options.Add(_masks);
    }

    /// <summary>Writes the masks of an answer where that was asked for: <c>1-cat.png</c> and so on.</summary>
    /// <exception cref="ModelFileException">A file cannot be written.</exception>
    public void Save(ParseResult parsed, Answer answer)
    {
        if (parsed.GetValue(_masks) is not string folder)
        {
            return;
        }
        Directory.CreateDirectory(folder);
        for (int i = 0; i < answer.Output.Objects.Count; i++)
        {
            if (answer.Output.Objects[i] is { Mask: InstanceMask mask, Label: string label })
            {
                byte[] gray = Array.ConvertAll(mask.ToPicture(), inside => inside ? byte.MaxValue : (byte)0);
                string name = string.Concat(label.Select(letter => char.IsLetterOrDigit(letter) ? letter : '_'));
                PngWriter.SaveGray(gray, mask.PictureWidth, mask.PictureHeight, Path.Combine(folder, $"{i + 1}-{name}.png"));
            }
        }
    }

    /// <summary>The decoder; where there is none, says how to get it and returns null: boxes are found without it.</summary>
    /// <exception cref="ModelFileException">The file is missing, damaged or another one.</exception>
    public MaskDecoder? Load(ParseResult parsed)
    {
        if ((parsed.GetValue(_file) ?? HubCache.FromEnvironment().FindMaskDecoder()) is string file)
        {
            return MaskDecoder.Load(file);
        }
        Console.Error.WriteLine("paligemma: Masks stay codes because there is no decoder for them; 'paligemma pull mask-decoder' gets it.");
        return null;
    }
}
