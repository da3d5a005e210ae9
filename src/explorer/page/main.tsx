import { render } from 'preact';
import { App } from './app';
import { followAddress } from './state/route';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/live.css';
import './styles/event.css';
import './styles/views.css';
import './styles/tree.css';
import './styles/forced-colors.css'; // the last one, to override the others

followAddress();
const place = document.getElementById('page');
if (place) render(<App />, place);
