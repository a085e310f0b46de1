using System.CommandLine;
using PaliGemma.Cli.Output;
using PaliGemma.Generation;
using PaliGemma.Layers;

namespace PaliGemma.Cli.Commands;

/// <summary>The options that choose a model and how it is loaded.</summary>
internal sealed class ModelArguments
{
    private readonly Option<string> _model = new("--model", "-m")
    {
        Description = "A model folder, an .npz file of big_vision, or the name of a pulled repository.",
        DefaultValueFactory = _ => "google/paligemma-3b-mix-224",
        HelpName = "DIR",
    };

    private readonly Option<WeightFormat> _format = new("--dtype")
    {
        Description = "Precision of the weights in memory; auto takes them as they are stored.",
        DefaultValueFactory = _ => WeightFormat.Auto,
        CustomParser = result =>
        {
            string name = result.Tokens[0].Value;
            // Parsing alone would take numbers and lists of names too.
            if (Enum.GetNames<WeightFormat>().Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                return Enum.Parse<WeightFormat>(name, ignoreCase: true);
            }
            result.AddError($"--dtype is one of {FormatNames}, not '{name}'.");
            return WeightFormat.Auto;
        },
        HelpName = FormatNames,
    };

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

    private static string FormatNames { get; } = string.Join('|', Enum.GetNames<WeightFormat>()).ToLowerInvariant();

    public void AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_format);
        command.Options.Add(_quantizeHead);
        command.Options.Add(_threads);
    }

    /// <summary>The folder of the chosen model.</summary>
    /// <exception cref="ModelFileException">There is none.</exception>
    public string Folder(ParseResult parsed) => ModelFolder.Resolve(parsed.GetRequiredValue(_model));

    public WeightFormat Format(ParseResult parsed) => parsed.GetValue(_format);

    /// <summary>Loads the chosen model, with a progress bar where somebody is watching.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="change">Options that are not of every command.</param>
    public PaliGemmaPipeline Load(ParseResult parsed, Func<ModelOptions, ModelOptions>? change = null)
    {
        string folder = Folder(parsed);
        ModelOptions options = new()
        {
            Format = Format(parsed),
            QuantizeHead = parsed.GetValue(_quantizeHead),
            Threads = parsed.GetValue(_threads),
        };
        options = change?.Invoke(options) ?? options;
        return ProgressDisplay.Run("Loading", report => PaliGemmaPipeline.Load(
            folder, options with { Progress = new SynchronousProgress<LoadProgress>(state => report((double)state.Loaded / state.Total)) }));
    }
}
