using PaliGemma.Configuration;
using PaliGemma.Generation;

namespace PaliGemma.Tests.Generation;

/// <summary>A model whose logits are a function of the tokens so far: what decides is then the decoding alone.</summary>
internal sealed class ScriptedModel : IPaliGemmaModel
{
    private readonly Func<IReadOnlyList<int>, float[]> _logits;

    /// <param name="vocabularySize">Rows of the head.</param>
    /// <param name="logits">Gives [vocabulary] for the tokens of a sequence, the prompt's included.</param>
    public ScriptedModel(int vocabularySize, Func<IReadOnlyList<int>, float[]> logits)
    {
        _logits = logits;
        Config = new PaliGemmaConfig
        {
            Vision = new SiglipVisionConfig(),
            Text = new GemmaConfig { VocabularySize = vocabularySize },
            ImageTokenId = vocabularySize,
        };
    }

    public PaliGemmaConfig Config { get; init; }

    /// <summary>Sequences that have not been disposed.</summary>
    public int LiveStates { get; private set; }

    public ImageFeatures EncodeImage(ReadOnlyMemory<float> pixels, CancellationToken cancellation = default) =>
        new Features(Config.Vision.PatchCount);

    public IDecodingState Prefill(
        IReadOnlyList<ImageFeatures> images, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default) =>
        new State(this, [.. tokens.Span]);

    public void Append(IReadOnlyList<IDecodingState> states, ReadOnlyMemory<int> tokens, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        Assert.Equal(states.Count, states.Distinct().Count());
        for (int i = 0; i < states.Count; i++)
        {
            ((State)states[i]).Tokens.Add(tokens.Span[i]);
        }
    }

    public void ComputeLogits(IReadOnlyList<IDecodingState> states, Span<float> logits)
    {
        int width = Config.Text.VocabularySize;
        for (int i = 0; i < states.Count; i++)
        {
            _logits(((State)states[i]).Tokens).CopyTo(logits[(i * width)..]);
        }
    }

    public void ComputeLogits(IDecodingState state, ReadOnlySpan<int> tokens, Span<float> logits)
    {
        float[] all = _logits(((State)state).Tokens);
        for (int i = 0; i < tokens.Length; i++)
        {
            logits[i] = all[tokens[i]];
        }
    }

    public void Dispose()
    {
    }

    private sealed class Features(int tokenCount) : ImageFeatures
    {
        public override int TokenCount => tokenCount;
    }

    private sealed class State : IDecodingState
    {
        private readonly ScriptedModel _model;
        private bool _disposed;

        public State(ScriptedModel model, List<int> tokens)
        {
            _model = model;
            Tokens = tokens;
            model.LiveStates++;
        }

        public List<int> Tokens { get; }

        public int Length => Tokens.Count;

        public IDecodingState Fork() => new State(_model, [.. Tokens]);

        public void Dispose()
        {
            Assert.False(_disposed);
            _disposed = true;
            _model.LiveStates--;
        }
    }
}
