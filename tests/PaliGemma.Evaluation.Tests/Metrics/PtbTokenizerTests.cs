using System.Text.Json;
using PaliGemma.Evaluation.Metrics;

namespace PaliGemma.Evaluation.Tests.Metrics;

/// <summary>The tokenizer against CoreNLP 3.4.1 and pycocoevalcap.</summary>
public class PtbTokenizerTests
{
    private static readonly JsonElement Goldens = MetricGoldens.Open("ptb_tokenizer.json");

    [Fact]
    public void Tokens_equal_the_reference() => Assert.All(Goldens.Cases("cases"), item =>
    {
        string text = item.Text("text");
        string oneLine = text.Replace('\n', ' ');
        Assert.Equal(string.Join(' ', item.GetProperty("tokens").Texts()), PtbTokenizer.TokenizeLines(oneLine)[0]);
        Assert.Equal(item.Text("final"), PtbTokenizer.Tokenize([text])[0]);
        JsonElement followed = item.TryGetProperty("tokens_nl", out JsonElement other) ? other : item.GetProperty("tokens");
        Assert.Equal(string.Join(' ', followed.Texts()), PtbTokenizer.TokenizeLines(oneLine + "\n")[0]);
    });

    [Fact]
    public void Captions_tokenised_together_equal_the_reference() => Assert.All(Goldens.Cases("batches"), batch =>
    {
        string[] captions = [.. batch.Cases("images").SelectMany(captions => captions.Texts())];
        string text = string.Join('\n', captions.Select(caption => caption.Replace('\n', ' ')));
        Assert.Equal(batch.GetProperty("stdout_lines").Texts(), PtbTokenizer.TokenizeLines(text));
        if (batch.Cases("final").All(image => image.ValueKind == JsonValueKind.Array))
        {
            Assert.Equal(batch.Cases("final").SelectMany(image => image.Texts()), PtbTokenizer.Tokenize(captions));
        }
    });

    [Fact]
    public void No_captions_have_no_tokens() => Assert.Empty(PtbTokenizer.Tokenize([]));
}
