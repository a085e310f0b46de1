using Microsoft.AspNetCore.Builder;
using PaliGemma.Configuration;
using PaliGemma.Generation;
using PaliGemma.Tasks;
using PaliGemma.Tests;
using PaliGemma.Tests.Generation;
using PaliGemma.Tokenization;

namespace PaliGemma.Server.BrowserTests;

/// <summary>
/// The server as it is, on a free port of this machine, with models that know their answers by heart and fail at every other prompt.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    /// <summary>The model for requests that name none.</summary>
    public const string ModelName = "scripted";

    /// <summary>The other model of a server that has two: its captions are others. Names of models have slashes.</summary>
    public const string OtherModelName = "google/scripted";

    public const string OtherCaption = "Boats.";

    public const string Caption = "Three sailing boats on a calm sea under an evening sky.";

    /// <summary>Where the thing is, as a fraction of the picture.</summary>
    public static readonly BoundingBox Place = new(0.3f, 0.25f, 0.8f, 0.5f);

    private static readonly BoundingBox Beside = new(0.1f, 0.6f, 0.6f, 0.9f);
    private static readonly int[] Shape = [3, 14, 15, 92, 65, 35, 89, 79, 32, 38, 46, 26, 43, 38, 32, 79];

    private static readonly Dictionary<string, string> Answers = new(StringComparer.Ordinal)
    {
        ["caption en"] = Caption,
        ["caption de"] = "Drei Segelboote.",
        ["answer en how many boats are there?"] = "3",
        ["ocr"] = "BAKERY OPEN 7 TO 18 FRESH BREAD",
        ["detect red circle ; blue square"] = string.Join(
            ObjectText.Separator,
            ObjectText.Format("red circle", new BoundingBox(52 / 480f, 72 / 640f, 208 / 480f, 228 / 640f)),
            ObjectText.Format("blue square", new BoundingBox(51 / 480f, 391 / 640f, 209 / 480f, 549 / 640f)),
            ObjectText.Format("red circle", new BoundingBox(198 / 480f, 284 / 640f, 274 / 480f, 360 / 640f))),
        ["segment cat ; dog"] = ObjectText.Format("cat", Place, Shape) + ObjectText.Separator + ObjectText.Format("dog", Beside, Shape),
        ["detect thing"] = ObjectText.Format("thing", Place),
        ["detect thing ; other"] = ObjectText.Format("thing", Place) + ObjectText.Separator + ObjectText.Format("other", Beside),
        ["segment thing"] = ObjectText.Format("thing", Place, Shape),
        ["detect unicorn"] = "",
    };

    private readonly WebApplication _app;
    private readonly PaliGemmaConfig _config;
    private readonly ServedModel[] _models;
    private readonly MaskDecoder _masks;

    private ScriptedServer(ServerOptions options, string[] models)
    {
        string folder = Goldens.Path("models", "E");
        Tokenizer = PaliGemmaTokenizer.Load(folder);
        _config = PaliGemmaConfig.Load(folder);
        _masks = MaskDecoder.Load(Goldens.Path("expected", "mask-vae", "vae-random.npz"));
        _models = [.. models.Select(name => new ServedModel(name, new PaliGemmaPipeline(ModelOf(name), Tokenizer), options.Batch, _masks))];
        _app = PaliGemmaServer.Create(options with { Port = 0 }, _models);
    }

    public PaliGemmaTokenizer Tokenizer { get; }

    /// <summary>Where the page is, without a slash at the end.</summary>
    public string Address => _app.Urls.Single();

    /// <summary>Which answer does not go on at present.</summary>
    public AnswerHold? Hold { get; set; }

    /// <summary>Whether nothing is asked, or waits.</summary>
    public bool IsIdle => Array.TrueForAll(_models, model => model.Scheduler.QueueLength + model.Scheduler.SequenceCount == 0);

    public static async Task<ScriptedServer> StartAsync(ServerOptions? options = null, params string[] models)
    {
        ScriptedServer server = new(options ?? new ServerOptions(), models.Length > 0 ? models : [ModelName]);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Array.ForEach(_models, model => model.Dispose());
        _masks.Dispose();
    }

    private ScriptedModel ModelOf(string name) =>
        new(_config.Text.VocabularySize, tokens => Logits(name, tokens)) { Config = _config };

    private float[] Logits(string model, IReadOnlyList<int> tokens)
    {
        int length = tokens.ToList().IndexOf(Tokenizer.Encode("\n")[0]);
        string prompt = Tokenizer.Decode([.. tokens.Take(length)]);
        int made = tokens.Count - length - 1;
        Hold?.Pass(prompt, made);
        int[] answer = Tokenizer.Encode(model == OtherModelName && prompt == "caption en" ? OtherCaption : Answers[prompt]);
        float[] logits = new float[_config.Text.VocabularySize];
        logits[made < answer.Length ? answer[made] : Tokenizer.EosId] = 10;
        return logits;
    }
}
