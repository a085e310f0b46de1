using System.CommandLine;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Layers;

namespace PaliGemma.Cli.Commands;

/// <summary>The options of evaluations.</summary>
internal sealed class EvaluationArguments
{
    private readonly ModelArguments _model = new(severalFormats: true);
    private readonly Option<string?> _maskWeights = MaskWeightsOption.Create();

    private readonly Option<string> _data = new("--data", "-d")
    {
        Description = "The folder with the benchmark's published files, unpacked in any way.",
        Required = true,
        HelpName = "DIR",
    };

    private readonly Option<int?> _limit = new("--limit")
    {
        Description = "Only the first N examples.",
        CustomParser = result => NumberParser.Create<int>(value => value >= 1, "a whole number of at least 1")(result),
        HelpName = "N",
    };

    private readonly Option<int> _batch = new("--batch-size", "--batch")
    {
        Description = "Examples that are answered together.",
        DefaultValueFactory = _ => 8,
        CustomParser = NumberParser.Create<int>(value => value is >= 1 and <= 1024, "a whole number from 1 to 1024"),
        HelpName = "N",
    };

    private readonly Option<ResizeMode?> _resize = EnumOption.OneOrNone<ResizeMode>(
        "--resize", "How pictures are resized; if not given, as the benchmark's own checkpoint saw them. Bicubic is Hugging Face's way.");

    private readonly Option<string> _predictions = new("--predictions")
    {
        Description = "The folder where answers are kept, one JSONL file per benchmark and precision; a run that was stopped goes on from "
            + "there.",
        DefaultValueFactory = _ => "predictions",
        HelpName = "DIR",
    };

    private readonly Option<string?> _report = new("--report")
    {
        Description = "Write a web page with the worst and best cases.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per result instead of a table." };

    public void AddTo(Command command)
    {
        _model.AddTo(command);
        command.Options.Add(_data);
        command.Options.Add(_limit);
        command.Options.Add(_batch);
        command.Options.Add(_resize);
        command.Options.Add(_predictions);
        command.Options.Add(_report);
        command.Options.Add(_json);
        command.Options.Add(_maskWeights);
    }

    public string Data(ParseResult parsed) => parsed.GetRequiredValue(_data);

    /// <summary>A model folder or name, or a folder of model folders that are named after benchmarks.</summary>
    public string Model(ParseResult parsed) => _model.Name(parsed);

    public IReadOnlyList<WeightFormat> Formats(ParseResult parsed) => _model.Formats(parsed);

    public bool QuantizesHead(ParseResult parsed) => _model.QuantizesHead(parsed);

    public int? Limit(ParseResult parsed) => parsed.GetValue(_limit);

    public int Batch(ParseResult parsed) => parsed.GetValue(_batch);

    public ResizeMode? Resize(ParseResult parsed) => parsed.GetValue(_resize);

    public string Predictions(ParseResult parsed) => parsed.GetRequiredValue(_predictions);

    public string? Report(ParseResult parsed) => parsed.GetValue(_report);

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    public PaliGemmaPipeline Load(ParseResult parsed, string folder, WeightFormat format) => _model.Load(parsed, folder, format);

    /// <summary>The weights that decode a model's masks; null where there are none.</summary>
    public string? DecoderFile(ParseResult parsed, string model) => MaskWeightsOption.Find(parsed, _maskWeights, model);
}
