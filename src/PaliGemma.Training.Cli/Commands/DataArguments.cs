using System.CommandLine;
using System.Globalization;
using PaliGemma.Cli.Commands;
using PaliGemma.Training.Data;

namespace PaliGemma.Training.Cli.Commands;

/// <summary>The options that choose what is learnt from and what is measured on.</summary>
internal sealed class DataArguments
{
    private readonly Option<string[]> _data = new("--data", "-d")
    {
        Description = "Examples: JSON lines of image, prefix and suffix; several files are mixed by their weights, or by their sizes.",
        Required = true,
        HelpName = "FILE[=WEIGHT]",
    };

    private readonly Option<string?> _validation = new("--validation") { Description = "Examples that are measured on.", HelpName = "FILE" };

    private readonly Option<double> _split = new("--validation-split")
    {
        Description = "The part of the examples that is set aside to measure on.",
        CustomParser = NumberParser.Create<double>(value => value is > 0 and < 1, "a number between 0 and 1"),
        HelpName = "PART",
    };

    private readonly Option<string?> _images = new("--images") { Description = "The folder of the pictures; without it, each file's own.", HelpName = "DIR" };

    public void AddTo(Command command)
    {
        command.Options.Add(_data);
        command.Options.Add(_validation);
        command.Options.Add(_split);
        command.Options.Add(_images);
    }

    /// <summary>Whether something is set aside to measure on.</summary>
    public bool Measures(ParseResult parsed) => parsed.GetValue(_validation) is not null || parsed.GetValue(_split) > 0;

    /// <summary>Opens the files.</summary>
    /// <exception cref="ModelFileException">A file is no list of examples.</exception>
    /// <exception cref="ArgumentException">The options exclude each other.</exception>
    public TrainingData Open(ParseResult parsed, ulong seed, CancellationToken cancellation)
    {
        if (parsed.GetValue(_validation) is not null && parsed.GetValue(_split) > 0)
        {
            throw new ArgumentException("--validation and --validation-split exclude each other.");
        }
        TrainingData data = new();
        try
        {
            (string Path, double? Weight)[] files = [.. parsed.GetRequiredValue(_data).Select(Parse)];
            if (files.Any(file => file.Weight is null) && files.Any(file => file.Weight is not null))
            {
                throw new ArgumentException("--data has a weight for some files only; expected one for each, or none.");
            }
            foreach ((string path, double? weight) in files)
            {
                JsonlExamples examples = data.Open(path, parsed.GetValue(_images), seed, cancellation);
                if (parsed.GetValue(_split) > 0)
                {
                    (examples, JsonlExamples aside) = examples.Split(parsed.GetValue(_split));
                    data.Validation.Add(aside);
                }
                data.Training.Add((examples, weight ?? examples.Count));
            }
            if (parsed.GetValue(_validation) is string file)
            {
                data.Validation.Add(data.Open(file, parsed.GetValue(_images), seed, cancellation));
            }
            return data;
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>A file's name may contain the sign too: what follows the last one is a weight only if it is a number.</summary>
    private static (string Path, double? Weight) Parse(string argument)
    {
        int sign = argument.LastIndexOf('=');
        return sign > 0 && double.TryParse(argument.AsSpan(sign + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) && weight > 0
            && double.IsFinite(weight)
            ? (argument[..sign], weight)
            : (argument, null);
    }
}
