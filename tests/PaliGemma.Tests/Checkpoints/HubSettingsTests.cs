using PaliGemma.Checkpoints;

namespace PaliGemma.Tests.Checkpoints;

public class HubSettingsTests
{
    private static readonly string User = Path.GetFullPath("/home/user");

    [Theory]
    [InlineData("/home/user/.cache/huggingface/hub")]
    [InlineData("/x/huggingface/hub", "XDG_CACHE_HOME=/x")]
    [InlineData("/h/hub", "XDG_CACHE_HOME=/x", "HF_HOME=/h")]
    [InlineData("/old", "HF_HOME=/h", "HUGGINGFACE_HUB_CACHE=/old")]
    [InlineData("/c", "HF_HOME=/h", "HUGGINGFACE_HUB_CACHE=/old", "HF_HUB_CACHE=/c")]
    [InlineData("/h/hub", "HF_HOME=/h", "HF_HUB_CACHE=")]
    [InlineData("/home/user/models/hub", "HF_HOME=~/models")]
    public void The_cache_is_where_huggingface_hub_has_it(string expected, params string[] environment) =>
        Assert.Equal(Path.GetFullPath(expected), Read(environment).CacheFolder);

    [Theory]
    [InlineData("/home/user/.cache/huggingface/assets")]
    [InlineData("/h/assets", "HF_HOME=/h", "HF_HUB_CACHE=/c")]
    [InlineData("/a", "HF_HOME=/h", "HF_ASSETS_CACHE=/a")]
    public void Other_files_are_beside_the_repositories(string expected, params string[] environment) =>
        Assert.Equal(Path.GetFullPath(expected), Read(environment).AssetsFolder);

    [Theory]
    [InlineData("/home/user/.cache/huggingface/token")]
    [InlineData("/h/token", "HF_HOME=/h")]
    [InlineData("/t", "HF_HOME=/h", "HF_TOKEN_PATH=/t")]
    public void The_token_is_in_the_usual_file(string expected, params string[] environment) =>
        Assert.Equal(Path.GetFullPath(expected), Read(environment).TokenFile);

    [Theory]
    [InlineData(null)]
    [InlineData(null, "HF_TOKEN= ")]
    [InlineData("hf_a", "HF_TOKEN= hf_a\n", "HUGGING_FACE_HUB_TOKEN=hf_b")]
    [InlineData("hf_b", "HUGGING_FACE_HUB_TOKEN=hf_b")]
    public void The_token_is_that_of_the_environment(string? expected, params string[] environment) =>
        Assert.Equal(expected, Read(environment).Token?.Value);

    [Theory]
    [InlineData(false)]
    [InlineData(false, "HF_HUB_OFFLINE=0")]
    [InlineData(true, "HF_HUB_OFFLINE=1")]
    [InlineData(true, "HF_HUB_OFFLINE=true")]
    [InlineData(true, "TRANSFORMERS_OFFLINE=YES")]
    public void Offline_is_said_as_in_huggingface_hub(bool expected, params string[] environment) =>
        Assert.Equal(expected, Read(environment).Offline);

    [Theory]
    [InlineData("https://huggingface.co/a/b")]
    [InlineData("http://127.0.0.1:8080/a/b", "HF_ENDPOINT=http://127.0.0.1:8080/")]
    [InlineData("https://mirror.example/hub/a/b", "HF_ENDPOINT=https://mirror.example/hub")]
    public void Addresses_begin_with_the_endpoint(string expected, params string[] environment) =>
        Assert.Equal(expected, Read(environment).At("a/b").AbsoluteUri);

    [Theory]
    [InlineData("https://storage.googleapis.com/big_vision/paligemma/vae-oid.npz")]
    [InlineData("http://127.0.0.1/x/paligemma/vae-oid.npz", "PALIGEMMA_BIG_VISION_ENDPOINT=http://127.0.0.1/x/")]
    public void The_mask_decoder_is_at_big_vision(string expected, params string[] environment) =>
        Assert.Equal(expected, Read(environment).MaskDecoder.Address.AbsoluteUri);

    [Theory]
    [InlineData("HF_ENDPOINT=huggingface.co")]
    [InlineData("HF_ENDPOINT=file:///etc")]
    [InlineData("HF_ENDPOINT=https://x?y=z")]
    [InlineData("PALIGEMMA_BIG_VISION_ENDPOINT=x")]
    [InlineData("HF_TOKEN=hf_a\r\nX-Evil: 1")]
    [InlineData("HF_TOKEN=hf_ä")]
    public void A_value_that_cannot_be_used_is_named(string variable)
    {
        HubException error = Assert.Throws<HubException>(() => Read([variable]));
        Assert.Contains(variable.Split('=')[0], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_is_not_shown() =>
        Assert.DoesNotContain("hf_secret", Read(["HF_TOKEN=hf_secret"]).ToString(), StringComparison.Ordinal);

    private static HubSettings Read(string[] environment)
    {
        Dictionary<string, string> variables =
            environment.Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return HubSettings.Read(variables.GetValueOrDefault, User);
    }
}
