using PaliGemma.Tests;

namespace PaliGemma.Cli.Tests.Commands;

public sealed class PullCommandTests : IDisposable
{
    private readonly FakeHub _server = new();
    private readonly TemporaryFolder _folder = new();

    public PullCommandTests()
    {
        foreach (string file in Directory.GetFiles(Goldens.Path("models", "E")))
        {
            _server.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
        }
        _server.Branches["bfloat16"] = new string('b', 40);
    }

    private Dictionary<string, string> Environment => new()
    {
        ["HF_ENDPOINT"] = _server.Endpoint,
        ["PALIGEMMA_BIG_VISION_ENDPOINT"] = _server.StoreEndpoint,
        ["HF_HOME"] = _folder.FullName,
        ["HF_HUB_CACHE"] = "",
        ["HUGGINGFACE_HUB_CACHE"] = "",
        ["HF_ASSETS_CACHE"] = "",
        ["HF_HUB_OFFLINE"] = "",
        ["TRANSFORMERS_OFFLINE"] = "",
        ["HF_TOKEN_PATH"] = "",
        ["HUGGING_FACE_HUB_TOKEN"] = "",
        ["HF_TOKEN"] = "hf_secret",
    };

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_pulled_model_answers_by_its_name()
    {
        _server.Token = "hf_secret";
        (int code, string output, string error) = await Paligemma.RunAsync(Environment, "pull", FakeHub.Repository);
        Assert.Equal((0, Path.Combine(_folder.FullName, "hub", "models--google--toy", "snapshots", new string('a', 40))), (code, output.TrimEnd()));
        Assert.Contains("config.json: 985 B of 985 B", error, StringComparison.Ordinal);

        string[] question = ["tokenize", "caption es", "--json", "--model"];
        (code, string byName, error) = await Paligemma.RunAsync(Environment, [.. question, FakeHub.Repository]);
        Assert.Equal((0, ""), (code, error));
        Assert.Equal((await Paligemma.RunAsync(Environment, [.. question, Goldens.Path("models", "E")])).Output, byName);
    }

    [Theory]
    [InlineData("google/toy", "--revision", "bfloat16")]
    [InlineData("google/toy@bfloat16")]
    public async Task A_revision_is_pulled_and_used_by_its_name(params string[] arguments)
    {
        (int code, string output, _) = await Paligemma.RunAsync(Environment, ["pull", .. arguments]);
        Assert.Equal((0, new string('b', 40)), (code, Path.GetFileName(output.TrimEnd())));
        Assert.Equal(0, (await Paligemma.RunAsync(Environment, "tokenize", "x", "--model", "google/toy@bfloat16")).Code);
        (code, _, string error) = await Paligemma.RunAsync(Environment, "tokenize", "x", "--model", "google/toy");
        Assert.Equal(1, code);
        Assert.EndsWith("'paligemma pull google/toy' would download it.", error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gated_repository_gives_one_sentence()
    {
        _server.Token = "hf_other";
        (int code, string output, string error) = await Paligemma.RunAsync(Environment, "pull", FakeHub.Repository);
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("paligemma: google/toy is gated, and the account of the token from HF_TOKEN ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("gemma")]
    [InlineData("google/toy@..")]
    [InlineData("../toy")]
    public async Task A_name_that_is_none_gives_one_sentence(string name)
    {
        (int code, _, string error) = await Paligemma.RunAsync(Environment, "pull", name);
        Assert.Equal(1, code);
        Assert.Matches(@"\Apaligemma: '[^']*' is not a (repository|revision); expected [^\n]*\n\z", error.ReplaceLineEndings("\n"));
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task The_mask_decoder_is_fetched_from_big_vision_and_verified()
    {
        _server.Stored["paligemma/vae-oid.npz"] = new byte[8_479_556];
        (int code, _, string error) = await Paligemma.RunAsync(Environment, "pull", "mask-decoder");
        Assert.Equal(1, code);
        Assert.Contains("paligemma: vae-oid.npz arrived damaged (its digest is not 5586010257b8536d", error, StringComparison.Ordinal);
        Assert.Equal("/paligemma/vae-oid.npz", Assert.Single(_server.Requests).Path);
        Assert.False(File.Exists(Path.Combine(_folder.FullName, "assets", "paligemma", "vae-oid.npz")));
    }
}
