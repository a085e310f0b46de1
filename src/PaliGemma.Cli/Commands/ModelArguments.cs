using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Generation;
using PaliGemma.Layers;

namespace PaliGemma.Cli.Commands;

/// <summary>The options that choose a model and how it is loaded.</summary>
internal sealed class ModelArguments
{
    /// <summary>The precisions that quantise.</summary>
    public static readonly WeightFormat[] Quantized = [WeightFormat.Int8, WeightFormat.Nf4, WeightFormat.Fp4, WeightFormat.Int4];

    private readonly Option<string[]> _models = new("--model", "-m")
    {
        Description = "A model folder, an .npz file of big_vision, or the name of a pulled repository; "
            + "the small model of shapes and words that comes with the program if not given.",
        // The library's own makes no list where there may be one value only.
        CustomParser = result => [.. result.Tokens.Select(token => token.Value)],
        Arity = ArgumentArity.ExactlyOne,
        HelpName = "DIR",
    };

    private readonly Option<WeightFormat[]> _formats;

    private readonly Option<bool> _quantizeHead = new("--quantize-head")
    {
        Description = "With a quantised --dtype, quantise the table of embeddings and head as well.",
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads that compute; 0 means one per processor.",
        CustomParser = NumberParser.Create<int>(value => value is >= 0 and <= ModelOptions.MostThreads, $"a whole number from 0 to {ModelOptions.MostThreads}"),
        HelpName = "N",
    };

    /// <param name="severalFormats">Whether a list of precisions may be given, to be run one after another.</param>
    public ModelArguments(bool severalFormats = false) => _formats = new Option<WeightFormat[]>("--dtype")
    {
        Description = "Precision of the weights in memory; auto takes them as they are stored."
            + (severalFormats ? " Several with commas between them are compared." : ""),
        DefaultValueFactory = _ => [WeightFormat.Auto],
        CustomParser = result =>
        {
            string value = result.Tokens[0].Value;
            return [.. EnumOption.ParseList<WeightFormat>(result, "--dtype", severalFormats ? value.Split(',') : [value]).Distinct()];
        },
        AllowMultipleArgumentsPerToken = false,
        Arity = ArgumentArity.ExactlyOne,
        HelpName = EnumOption.Names<WeightFormat>([]),
    };

    /// <summary>Lets the command take several models.</summary>
    public void AllowSeveral()
    {
        _models.Arity = ArgumentArity.OneOrMore;
        _models.AllowMultipleArgumentsPerToken = true;
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_models);
        command.Options.Add(_formats);
        command.Options.Add(_quantizeHead);
        command.Options.Add(_threads);
        command.Validators.Add(result =>
        {
            // The words, because a value that is none cannot be asked for.
            IEnumerable<string> formats = result.GetResult(_formats)?.Tokens.SelectMany(token => token.Value.Split(',')) ?? [];
            if (result.GetResult(_quantizeHead) is { Implicit: false } && !formats.Any(name => EnumOption.Find(name, Quantized) is not null))
            {
                result.AddError($"{_quantizeHead.Name} has no effect without --dtype int8, nf4, fp4 or int4.");
            }
        });
    }

    /// <summary>The folder of the chosen model.</summary>
    /// <exception cref="ModelFileException">There is none.</exception>
    public string Folder(ParseResult parsed) => ModelFolder.Resolve(Name(parsed));

    /// <summary>The model as it was named.</summary>
    public string Name(ParseResult parsed) => Names(parsed)[0];

    public WeightFormat Format(ParseResult parsed) => Formats(parsed)[0];

    public IReadOnlyList<WeightFormat> Formats(ParseResult parsed) => parsed.GetRequiredValue(_formats);

    /// <summary>The chosen models, each with its name: the repository's, or the folder's or file's.</summary>
    /// <exception cref="ModelFileException">There is no such model.</exception>
    public IEnumerable<(string Name, string Folder)> Resolve(ParseResult parsed)
    {
        foreach (string model in Names(parsed))
        {
            string folder = ModelFolder.Resolve(model);
            yield return (folder == model ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) : model, folder);
        }
    }

    private string[] Names(ParseResult parsed) => parsed.GetValue(_models) is { Length: > 0 } names ? names : [ModelFolder.Included];

    public bool QuantizesHead(ParseResult parsed) => parsed.GetValue(_quantizeHead);

    /// <summary>Loads the chosen model, with a progress bar where somebody is watching.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="change">Options that are not of every command.</param>
    public PaliGemmaPipeline Load(ParseResult parsed, Func<ModelOptions, ModelOptions>? change = null) =>
        Load(parsed, Folder(parsed), Format(parsed), change);

    /// <summary>Loads a model as the other options say.</summary>
    /// <inheritdoc cref="Load(ParseResult, Func{ModelOptions, ModelOptions})"/>
    public PaliGemmaPipeline Load(
        ParseResult parsed, string folder, WeightFormat format, Func<ModelOptions, ModelOptions>? change = null)
    {
        ModelOptions options = new()
        {
            Format = format,
            QuantizeHead = QuantizesHead(parsed),
            Threads = parsed.GetValue(_threads),
        };
        options = change?.Invoke(options) ?? options;
        return ProgressDisplay.Run("Loading", report => PaliGemmaPipeline.Load(
            folder, options with { Progress = new SynchronousProgress<LoadProgress>(state => report((double)state.Loaded / state.Total)) }));
    }
}
