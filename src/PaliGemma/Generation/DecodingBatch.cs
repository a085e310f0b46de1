namespace PaliGemma.Generation;

/// <summary>
/// Sequences that are decoded together, a token each at a time, so that the weights are read once for all of them. They may be of any
/// lengths and have any options, and join and leave between steps: none changes what another gets.
/// </summary>
/// <param name="model">The model that decodes.</param>
/// <param name="vocabularySize">Tokens from this one on are never chosen.</param>
internal sealed class DecodingBatch(IPaliGemmaModel model, int vocabularySize)
{
    private readonly List<DecodingSequence> _sequences = [];

    /// <summary>[unconstrained sequences, vocabulary], or one row for a constrained one.</summary>
    private float[] _logits = [];

    public IReadOnlyList<DecodingSequence> Sequences => _sequences;

    public void Add(DecodingSequence sequence) => _sequences.Add(sequence);

    public void Remove(DecodingSequence sequence) => _sequences.Remove(sequence);

    public void Clear() => _sequences.Clear();

    /// <summary>Chooses the next token of every sequence, or finds out that it has failed.</summary>
    public void Choose()
    {
        int width = model.Config.Text.VocabularySize;
        List<DecodingSequence> free = _sequences.FindAll(sequence => sequence.Constraint is null);
        int length = checked(Math.Max(free.Count, 1) * width);
        if (_logits.Length < length)
        {
            _logits = GC.AllocateUninitializedArray<float>(length);
        }
        if (free.Count > 0)
        {
            model.ComputeLogits(free.ConvertAll(sequence => sequence.State), _logits.AsSpan(0, length));
        }
        for (int row = 0; row < free.Count; row++)
        {
            Span<float> logits = _logits.AsSpan(row * width, width);
            TokenGenerator.Suppress(logits, vocabularySize, model.Config.ImageTokenId);
            free[row].Take(free[row].Sampler.Next(logits), model.Config.EosTokenId);
        }
        foreach (DecodingSequence sequence in _sequences)
        {
            if (sequence.Constraint is TokenConstraint constraint)
            {
                try
                {
                    sequence.Take(ChooseAllowed(sequence, constraint), model.Config.EosTokenId);
                }
                catch (Exception error)
                {
                    // A constraint is somebody's own code: what is wrong with it is the matter of its request alone.
                    sequence.Fail(error);
                }
            }
        }
    }

    /// <summary>Drops the sequences that have ended, and appends the chosen tokens to the others.</summary>
    public void Advance(CancellationToken cancellation)
    {
        _sequences.RemoveAll(sequence => sequence.HasEnded);
        if (_sequences.Count > 0)
        {
            int[] tokens = [.. _sequences.Select(sequence => sequence.Last.Id)];
            model.Append(_sequences.ConvertAll(sequence => sequence.State), tokens, cancellation);
        }
    }

    private GeneratedToken ChooseAllowed(DecodingSequence sequence, TokenConstraint constraint)
    {
        ReadOnlySpan<int> allowed = constraint.Allowed(sequence.Place, sequence.Room);
        Span<float> logits = _logits.AsSpan(0, allowed.Length);
        TokenGenerator.ComputeAllowed(model, sequence.State, allowed, logits);
        GeneratedToken choice = sequence.Sampler.Next(logits, allowed.IndexOf(constraint.Minority(sequence.Place)));
        int token = allowed[choice.Id];
        if ((uint)token >= (uint)Math.Min(vocabularySize, model.Config.Text.VocabularySize) || token == model.Config.ImageTokenId)
        {
            throw new ArgumentException($"The constraint allows token {token}, which is no token of an answer.");
        }
        bool lacksRoom = TokenGenerator.LacksRoom(model, sequence.State, constraint, sequence.Place, allowed);
        return choice with { Id = token, IsForLackOfRoom = lacksRoom };
    }
}
