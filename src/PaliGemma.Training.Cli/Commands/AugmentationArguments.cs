using System.CommandLine;
using PaliGemma.Cli.Commands;
using PaliGemma.Training.Data;

namespace PaliGemma.Training.Cli.Commands;

/// <summary>The options that say how much pictures are changed at random.</summary>
internal sealed class AugmentationArguments
{
    private readonly Option<double> _flip = Part("--flip", "The part of the pictures that is mirrored left to right, boxes included.", 0);
    private readonly Option<double> _crop = Part("--crop", "The smallest side of random crops, as a part of the picture's; boxes are never cut.", 1);
    private readonly Option<double> _color = Part("--color", "The most by which brightness and contrast change.", 0);

    public void AddTo(Command command)
    {
        command.Options.Add(_flip);
        command.Options.Add(_crop);
        command.Options.Add(_color);
    }

    /// <summary>The examples, changed where that is asked for.</summary>
    public IExampleSource Apply(ParseResult parsed, IExampleSource examples, ulong seed)
    {
        Augmentation augmentation = new() { Flip = parsed.GetValue(_flip), SmallestCrop = parsed.GetValue(_crop), Color = parsed.GetValue(_color) };
        return augmentation == new Augmentation() ? examples : new AugmentedExamples(examples, augmentation, seed);
    }

    private static Option<double> Part(string name, string description, double fallback) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => fallback,
        CustomParser = NumberParser.Create<double>(value => value is > 0 and <= 1, "a number above 0 and at most 1"),
        HelpName = "PART",
    };
}
