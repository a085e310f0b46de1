using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Cli.Commands;

/// <summary>How the masks of found objects are decoded, and where they are written.</summary>
internal sealed class MaskDecoderArgument
{
    private readonly Option<string?> _file = MaskWeightsOption.Create();

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
        if (MaskWeightsOption.Find(parsed, _file) is string file)
        {
            return MaskDecoder.Load(file);
        }
        Console.Error.WriteLine("paligemma: Masks stay codes because there is no decoder for them; 'paligemma pull mask-decoder' gets it.");
        return null;
    }
}
